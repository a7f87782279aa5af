#include "target_hosts/install_wheels.h"

namespace penstock {
namespace {

/// $1: Python, $2: bytes of the requirements, $3: `simple`, or `pip`.
constexpr const char* kMakeVenv = R"sh(receive "$release/requirements.txt" "$2"
python=$1
how=$3
shift 3
venv=$release/venv
"$python" -m venv --without-pip "$venv" >&2 || { echo "$python can't make a virtual environment; on Debian: apt install python3-venv" >&2; exit 1; }
)sh";

/// Prints the names below `unpacked/` for all wheels of `$sums`; ends with 3 where pip is needed.
constexpr const char* kUnpack = R"sh(unpack() {
  "$python" -I -S - "$sums" <<'PY'
import os, shutil, stat, subprocess, sys

def leave_to_pip():
    sys.exit(3)

def extract(wheel, lib):
    import zipfile
    with zipfile.ZipFile(wheel) as archive:
        if any(name.split("/")[0].endswith(".data") for name in archive.namelist()):
            leave_to_pip()
        archive.extractall(lib)
        for each in archive.infolist():
            if each.external_attr >> 16 & 0o111 and not each.is_dir():
                os.chmod(os.path.join(lib, each.filename), 0o755)

COMMAND = """#!python
import sys
from {module} import {first}
if __name__ == "__main__":
    sys.exit({attribute}())
"""

def write_commands(info, folder):
    import configparser
    points = configparser.ConfigParser(delimiters=("=",), strict=False, interpolation=None)
    points.optionxform = str
    points.read(os.path.join(info, "entry_points.txt"), encoding="utf-8")
    for group in ("console_scripts", "gui_scripts"):
        for name, where in points.items(group) if points.has_section(group) else ():
            module, _, attribute = (part.strip() for part in where.partition("[")[0].partition(":"))
            if "/" in name or not all(part.isidentifier() for part in (module + "." + attribute).split(".")):
                leave_to_pip()
            with open(os.path.join(folder, name), "w", encoding="utf-8") as command:
                command.write(COMMAND.format(module=module, first=attribute.split(".")[0], attribute=attribute))

def compile_all(lib):
    import compileall
    files = sum(name.endswith(".py") for _, _, names in os.walk(lib) for name in names)
    if files > 50:  # on all processors
        subprocess.run([sys.executable, "-m", "compileall", "-q", "-j", "0", lib], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    else:
        compileall.compile_dir(lib, quiet=2)  # a template that is no Python is no mistake

def unpack(wheel, folder):
    new = "unpacked/.new"
    shutil.rmtree(new, ignore_errors=True)
    for part in ("lib", "bin"):
        os.makedirs(os.path.join(new, part))
    lib = os.path.join(new, "lib")
    extract(wheel, lib)
    infos = [os.path.join(lib, name) for name in os.listdir(lib) if name.endswith(".dist-info")]
    if len(infos) != 1:
        leave_to_pip()
    write_commands(infos[0], os.path.join(new, "bin"))
    with open(os.path.join(infos[0], "INSTALLER"), "w") as installer:
        installer.write("ci\n")
    compile_all(lib)
    os.rename(new, folder)

for line in sys.argv[1].splitlines():
    digest, wheel = line.split(None, 1)
    name = digest[:32] + "-" + (sys.implementation.cache_tag or sys.version.split()[0])
    if not os.path.isdir("unpacked/" + name):
        try:
            unpack(wheel, "unpacked/" + name)
        except Exception:
            leave_to_pip()
    print(name)
PY
}
)sh";

/// The first line of a command is its interpreter, which the kernel takes only so long and without spaces.
constexpr const char* kCopy = R"sh(copy_unpacked() {
  site=$(echo "$venv"/lib/*/site-packages)
  first="#!$PWD/$venv/bin/python"
  case $first in
    *' '*) first= ;;
    *) [ ${#first} -lt 120 ] || first= ;;
  esac
  [ -n "$first" ] || first="#!/bin/sh
'''exec' \"$PWD/$venv/bin/python\" \"\$0\" \"\$@\"
' '''"
  while read -r name; do
    cp -a "unpacked/$name/lib/." "$site/"
    for command in "unpacked/$name/bin"/*; do
      [ -f "$command" ] || continue
      own=$venv/bin/${command##*/}
      { printf '%s\n' "$first"; tail -n +2 "$command"; } >"$own"
      chmod 755 "$own"
    done
  done <"$release/unpacked"
}
)sh";

/// pip lies once a kind of Python beside the releases: a venv with its own takes two seconds more. All that is needed
/// has come along, so nothing is looked for.
constexpr const char* kByPip = R"sh(by_pip() {
  kind=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  tools=tools/$kind
  if [ ! -f "$tools/complete" ]; then
    rm -rf "$tools"
    "$python" -m venv "$tools" >&2 || { echo "$python can't make a virtual environment; on Debian: apt install python3-venv" >&2; exit 1; }
    touch "$tools/complete"
  fi
  PYTHONPATH="$tools/lib/python$kind/site-packages" "$venv/bin/python" -m pip --disable-pip-version-check --no-input \
    install --quiet --no-index --no-cache-dir --require-hashes --no-deps --no-compile --find-links "$release/wheels" \
    -r "$release/requirements.txt" >"$release/pip.log" 2>&1 || { grep -m 1 ERROR "$release/pip.log" >&2 || cat "$release/pip.log" >&2; exit 1; }
  compile() { "$venv/bin/python" -m compileall -q "$@" "$venv/lib" >/dev/null 2>&1; }
  compile -j 0 || compile || true  # instances may not write there; a template that is no Python is no mistake
}
)sh";

constexpr const char* kFill = R"sh(if [ "$how" = simple ] && mkdir -p unpacked && unpack >"$release/unpacked"; then
  copy_unpacked
else
  rm -rf "$release/unpacked" unpacked/.new
  by_pip
fi
)sh";

}  // namespace

const char* const kTidyUnpacked = R"sh(used=" $(cat releases/*/unpacked 2>/dev/null | tr '\n' ' ') "
for folder in unpacked/*; do
  case $used in *" ${folder#unpacked/} "*) ;; *) rm -rf "$folder" ;; esac
done
)sh";

void add_wheels(EnvironmentHost::Script& script, const HostInterpreter& interpreter, const std::string& requirements,
                bool simple) {
  script.text += std::string(kMakeVenv) + kUnpack + kCopy + kByPip + kFill;
  script.input = requirements;
  script.arguments.insert(script.arguments.end(),
                          {interpreter.path, std::to_string(requirements.size()), simple ? "simple" : "pip"});
}

}  // namespace penstock
