"""The rules of the house that the compiler doesn't check. Each takes a House and yields what is wrong, as `path:line: what`."""

import json
import re
import subprocess

from functions import cpp_functions, python_functions

FILE_LINES = 400
FUNCTION_LINES = 70
RATCHET = "tests/tidy/ratchet.json"

# Spelled in two, so that this file keeps the rules that it tells.
MARKERS = re.compile(r"\b(?:FIX" r"ME|TO" r"DO|XX" r"X)\b")
REGISTRIES = re.compile("|".join(re.escape(".".join(host)) for host in (
    ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("yarnpkg", "com"), ("crates", "io"),
    ("rubygems", "org"), ("proxy", "golang", "org"), ("docker", "io"), ("ghcr", "io"), ("quay", "io"), ("gcr", "io"),
    ("deb", "debian", "org"), ("archive", "ubuntu", "com"), ("maven", "org"), ("conda", "anaconda", "org"))))

# What a pure room may not ask of the machine: clock, file, process, thread, environment, terminal.
IMPURE = re.compile(
    r"^(?:clock_gettime|gettimeofday|time|localtime(?:_r)?|nanosleep|usleep|sleep|"
    r"open(?:at|64)?|fopen(?:64)?|creat|read|pread|write|pwrite|unlink(?:at)?|rename|mkdir|rmdir|stat|lstat|fstat(?:at)?|opendir|readlink|"
    r"fork|vfork|clone|exec[vl]\w*|posix_spawnp?|system|popen|waitpid|kill|getpid|socket|connect|"
    r"pthread_create|secure_getenv|getenv|setenv|stdout|stderr|stdin)(?:@.*)?$"
    r"|std::chrono::_V2::\w+::now\(\)"
    r"|std::(?:__cxx11::)?basic_[io]?f(?:stream|ilebuf)"
    r"|std::filesystem::(?!__cxx11::path|path)"
    r"|std::thread::|std::(?:this_thread|random_device)|std::c(?:out|err|in|log)\b")


def upward_paths(house):
    for name in house.sources:
        for line, path in house.includes(name):
            if ".." in path.split("/"):
                yield f'{name}:{line}: include "{path}": name the room, as in "room/file.h"'


def table_and_build(house):
    """The table tells what the build does."""
    page = "docs/architecture.md"
    for name in house.rooms.keys() - house.table.keys():
        yield f"{page}:1: room `{name}` of cmake/rooms.cmake is not in the table"
    for name, row in house.table.items():
        if name not in house.rooms:
            yield f"{page}:{row.line}: room `{name}` is not in cmake/rooms.cmake"
        elif row.uses != house.rooms[name].uses:
            yield (f"{page}:{row.line}: room `{name}` uses {sorted(row.uses)} by the table, "
                   f"{sorted(house.rooms[name].uses)} by cmake/rooms.cmake")


def floors(house):
    """A room uses only what stands on lower floors."""
    for name, row in house.table.items():
        for used in sorted(row.uses & house.table.keys()):
            if house.table[used].floor >= row.floor:
                yield f"docs/architecture.md:{row.line}: `{name}` on floor {row.floor} uses `{used}` on floor {house.table[used].floor}"


def rooms_behind(house, path, known):
    """The rooms that a header brings with it: who includes it must be able to see them too."""
    if path not in known:
        known[path] = set()
        for _, further in house.includes(f"src/{path}") if (house.root / "src" / path).is_file() else ():
            known[path] |= {further.split("/")[0]} | rooms_behind(house, further, known)
    return known[path]


def includes_and_uses(house):
    """A room includes what it says that it uses, itself or by a header of another room, all of it and nothing else."""
    included = {name: set() for name in house.rooms}
    known = {}
    for name in house.sources:
        room = house.rooms.get(house.room_of(name))
        if not room:
            continue
        in_test = name.endswith("_test.cc") or "/testing/" in name
        may = {room.name} | room.uses | (room.test_uses if in_test else set())
        for line, path in house.includes(name):
            other = path.split("/")[0]
            included[room.name] |= {other} | rooms_behind(house, path, known)
            if "/" not in path:
                yield f'{name}:{line}: include "{path}": name the room, as in "{room.name}/{path}"'
            elif other not in may and ".." not in path:
                yield f"{name}:{line}: room `{room.name}` includes `{other}`, which is not in its USES"
    for name, room in house.rooms.items():
        for unused in sorted(room.uses - included[name]):
            yield f"cmake/rooms.cmake:1: room `{name}` says that it uses `{unused}`, and never includes it"


def purity(house):
    """No object of a pure room refers to the clock, a file, a process, a thread or the environment."""
    for name, row in house.table.items():
        archive = house.build and house.build / f"libpenstock_{name}.a"
        if not row.pure or not archive or not archive.exists():
            continue
        member = ""
        for line in subprocess.run(["nm", "-uC", archive], check=True, capture_output=True, text=True).stdout.splitlines():
            if line.endswith(":"):
                member = line.rstrip(":").removesuffix(".o")
            symbol = line.strip().removeprefix("U ").removeprefix("w ").strip()
            if IMPURE.search(symbol):
                yield f"src/{name}/{member}:1: pure room `{name}` refers to {symbol}"


def one_definition(house):
    """No function and no type is defined in two rooms: linkers may take either without a word."""
    places = {}
    for name in house.rooms:
        archive = house.build and house.build / f"libpenstock_{name}.a"
        if archive and archive.exists():
            for symbol in defined_symbols(archive):
                places.setdefault(symbol, set()).add(f"src/{name}")
    for name in house.sources:
        if name.startswith("src/") and not name.endswith(("_test.cc", "_fuzz.cc")):
            for line, type_name in defined_types(house.lines(name)):
                places.setdefault(type_name, set()).add(f"{name}:{line}")
    for what, where in sorted(places.items()):
        if len(where) > 1:
            first, second = sorted(where)[:2]
            yield f"{first if ':' in first else first + ':1'}: `{what}` is defined again in {second}"


def defined_symbols(archive):
    """Functions and variables that others can link; what may stand in many objects (inline functions, templates) left out."""
    listing = subprocess.run(["nm", "-gC", "--defined-only", archive], check=True, capture_output=True, text=True).stdout
    for line in listing.splitlines():
        parts = line.split(maxsplit=2)
        if len(parts) == 3 and parts[1] in "TDB":
            yield parts[2]


def defined_types(lines):
    """(line, qualified name) of each type at namespace level that isn't in an unnamed namespace."""
    scopes = []
    for number, line in enumerate(lines, 1):
        if opened := re.match(r"namespace ?([\w:]*) \{$", line):
            scopes.append(opened.group(1))
        elif line.startswith("}  // namespace"):
            scopes.pop()
        elif (found := re.match(r"(?:struct|class|enum class|enum) (?:\[\[\w+\]\] )?(\w+)\b(?!::|<)[^;()]*\{", line)) and "" not in scopes:
            yield number, "::".join([*scopes, found.group(1)])


def leftovers(house):
    for name in house.texts:
        for number, line in enumerate(house.lines(name), 1):
            if match := MARKERS.search(line):
                yield f"{name}:{number}: leftover marker {match.group()}"


def registries(house):
    """No address of a package registry: the machine's own settings say where packages come from."""
    for name in house.texts:
        for number, line in enumerate(house.lines(name), 1):
            if match := REGISTRIES.search(line):
                yield f"{name}:{number}: names the package registry {match.group()}"


def blanks(house):
    for name in house.texts:
        lines = house.lines(name)
        for number, line in enumerate(lines, 1):
            if line != line.rstrip() and not name.endswith("_test.cc"):  # clang-format has the code, the strings are input
                yield f"{name}:{number}: trailing blanks"
            if "\t" in line and not name.endswith((".patch", "Makefile")):
                yield f"{name}:{number}: tab"
        if lines[-1] != "":
            yield f"{name}:{len(lines)}: no newline at the end"


def dead_files(house):
    """Each header is included, each source is compiled."""
    included = {path for name in house.sources for _, path in house.includes(name)}
    for name in house.sources:
        if name.endswith(".h") and name.startswith("src/") and name.removeprefix("src/") not in included:
            yield f"{name}:1: nobody includes this header"
        if name.endswith(".h") and not name.startswith("src/") and not any(name.endswith(path) for path in included):
            yield f"{name}:1: nobody includes this header"
        if name.endswith(".cc") and house.room_of(name) not in house.rooms and house.compiled is not None:
            if name not in house.compiled:
                yield f"{name}:1: no target compiles this source"


def measured(house):
    """What is longer than its limit: {"files": {path: lines}, "functions": {path:name: lines}}."""
    found = {"files": {}, "functions": {}}
    for name in house.texts:
        if not name.endswith((".cc", ".h", ".py", ".cmake", ".sh")) and name != "dev":
            continue
        text = "\n".join(house.lines(name))
        if text.count("\n") > FILE_LINES:
            found["files"][name] = text.count("\n")
        functions = {".cc": cpp_functions, ".h": cpp_functions, ".py": python_functions}.get(name[name.rfind("."):])
        for function, _, lines in functions(text) if functions else ():
            if lines > FUNCTION_LINES:
                key = f"{name}:{function}"
                found["functions"][key] = max(lines, found["functions"].get(key, 0))
    return found


def length(house):
    """Files and functions fit their limits; what doesn't is listed in the ratchet with its size, which only shrinks."""
    ratchet = json.loads("\n".join(house.lines(RATCHET)))
    for kind, limit in (("files", FILE_LINES), ("functions", FUNCTION_LINES)):
        now = measured(house)[kind]
        for key in sorted(now.keys() | ratchet[kind].keys()):
            size, allowed = now.get(key, 0), ratchet[kind].get(key, limit)
            if size > allowed:
                yield f"{key.split(':')[0]}:1: {key} has {size} lines, at most {allowed}"
            elif size < allowed and key in ratchet[kind]:
                told = f"has {size} lines" if size else "is within its limit"
                yield f"{RATCHET}:1: {key} {told} by now: run tests/tidy/tidy.py --tighten"


WARNING = re.compile(r'warning(?:\(\s*"|\.name = ")([a-z-]+)"')


def warnings_have_pages(house):
    """What `ci lint` warns of can be looked up by the name in brackets, and each page is about something."""
    told = {}
    for name in house.sources:
        if name.endswith("_test.cc"):
            continue
        text = "\n".join(house.lines(name))
        for warning in WARNING.finditer(text):
            told.setdefault(warning.group(1), f"{name}:{text.count(chr(10), 0, warning.start()) + 1}")
    pages = {name[len("docs/lint/"):-len(".md")] for name in house.files if name.startswith("docs/lint/")} - {"README"}
    for warning in sorted(told.keys() - pages):
        yield f"{told[warning]}: the warning `{warning}` has no page docs/lint/{warning}.md"
    for page in sorted(pages - told.keys()):
        yield f"docs/lint/{page}.md:1: nothing warns of `{page}`"


RULES = (upward_paths, table_and_build, floors, includes_and_uses, purity, one_definition, leftovers, registries, blanks, dead_files,
         warnings_have_pages, length)
