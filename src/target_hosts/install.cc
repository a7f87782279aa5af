#include "target_hosts/install.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "base/glob.h"
#include "base/words.h"
#include "blobs/blob_store.h"
#include "hosts/upload.h"
#include "os/errors.h"
#include "os/files.h"
#include "releases/make_release.h"
#include "target_hosts/environment_host.h"
#include "target_hosts/install_wheels.h"

namespace penstock {
namespace {

constexpr size_t kFolderDigits = 16;

/// Its own path, since what `command -v` finds may be a script that looks for it each time.
constexpr const char* kProbe =
    R"sh(python=$(command -v "$1") || { echo "there is no $1; install it there" >&2; exit 1; }
"$python" -c "import sys
print(sys.executable or sys.argv[1])
$2" "$python"
)sh";

constexpr const char* kIsComplete = R"sh([ ! -f "releases/$1/complete" ] || echo complete
)sh";

/// Begins an installation anew, under a lock; the fence isn't held meanwhile, since a folder that no instance stands on
/// yet is in nobody's way: $1 is the release's folder, then names with digests until `--`. Links are
/// checked against their digests once more before anything is made of them.
constexpr const char* kBegin = R"sh(mkdir -p releases
release=releases/$1
shift
exec 9>>releases/lock
flock 9
[ ! -f "$release/complete" ] || exit 0
rm -rf "$release"
mkdir -p "$release/wheels"
sums=
while [ "$1" != -- ]; do
  ln -f "files/$2" "$release/wheels/$1"
  sums="$sums$2  $release/wheels/$1
"
  shift 2
done
shift
printf %s "$sums" | sha256sum --check --quiet >&2
exec 8>&-
)sh";

constexpr const char* kUnpackFiles = R"sh(for file in "$release"/wheels/*; do
  case $file in
    *.tar | *.tar.* | *.tgz) tar -xf "$file" -C "$release" ;;
    *.zip) if command -v unzip >/dev/null; then unzip -q "$file" -d "$release"; else python3 -m zipfile -e "$file" "$release"; fi ;;
    *) cp "$file" "$release/" && chmod 755 "$release/${file##*/}" ;;
  esac
done
)sh";

/// $1: the release's id, $2: the user's command, empty for none.
constexpr const char* kFinish = R"sh(hold_fence "$fence"
printf '%s\n' "$1" >"$release/id"
if [ -n "$2" ]; then
  (cd "$release"; PATH="$PWD/venv/bin:$PATH" RELEASE=$1 sh -c "$2" 8>&- 9>&- >prepare.log 2>&1) || {
    status=$?
    tail -n 5 "$release/prepare.log" >&2
    echo "its \`prepare\` command ended with $status" >&2
    exit 1
  }
fi
sync "$release"
touch "$release/complete"
)sh";

/// Nobody waits for long until the files of a release are gone: on some disks that takes seconds.
constexpr const char* kTidy = R"sh([ -d releases ] || exit 0
exec 9>>releases/lock
flock 9
keep=" $* $(cat instances/*/facts 2>/dev/null | sed -n 's/^folder //p' | tr '\n' ' ') "
for release in releases/*/; do
  name=${release#releases/}
  name=${name%/}
  [ "$name" = '*' ] && continue
  case $keep in *" $name "*) ;; *) rm -rf "releases/.gone-$name"; mv "releases/$name" "releases/.gone-$name" ;; esac
done
timeout 0.3 rm -rf releases/.gone-* 9>&- || { rm -rf releases/.gone-* </dev/null >/dev/null 2>&1 8>&- 9>&- & }
# An hour: another rollout may be about to link what it has brought.
[ ! -d files ] || find files -type f -links 1 -mmin +60 -delete
)sh";

bool is_wheel(const std::string& name) { return name.ends_with(".whl"); }

std::string names_of(const std::vector<ReleaseFile>& files) {
  std::string names;
  for (const ReleaseFile& file : files) names += (names.empty() ? "" : ", ") + file.name;
  return names.empty() ? "nothing" : names;
}

/// The interpreter's dependencies; Fault::user where the release has none for it.
Result<const ResolvedDependencies*> dependencies_for(const EnvironmentHost& host, const Release& release,
                                                     const HostInterpreter& interpreter) {
  std::string known;
  for (const ResolvedDependencies& each : release.dependencies) {
    if (each.interpreter == interpreter.tag) return &each;
    known += (known.empty() ? "" : ", ") + each.interpreter;
  }
  return Error{Fault::user,
               host.name() + " has " + interpreter.tag + " (" + interpreter.path + "), and " + release.name +
                   " was resolved for " + (known.empty() ? "none" : known),
               "name another interpreter with `python:`, or install one there"};
}

/// Copies what must travel out of the blob store, one file at a time.
class BlobFiles {
 public:
  static Result<BlobFiles> make(BlobStore& blobs) {
    PENSTOCK_TRY(os::TempFolder folder, os::TempFolder::make_after_dead("ci-upload-"));
    return BlobFiles(blobs, std::move(folder));
  }
  Result<std::filesystem::path> operator()(const HostFile& file) {
    const std::filesystem::path path = folder_.path() / to_hex(file.digest);
    const os::UniqueFd out(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!out) return os::system_error("can't write " + path.string(), errno);
    PENSTOCK_CHECK(blobs_->read(file.digest, [&](std::string_view piece) { return os::write_all(out.get(), piece); }));
    return path;
  }

 private:
  BlobFiles(BlobStore& blobs, os::TempFolder folder) : blobs_(&blobs), folder_(std::move(folder)) {}
  BlobStore* blobs_;
  os::TempFolder folder_;
};

}  // namespace

Result<ChosenArtifacts> chosen_artifacts(const ApplicationSpec& application, const Release& release) {
  // A wheel's file name writes its distribution's `-` as `_`.
  std::string written = application.artifact;
  std::replace(written.begin(), written.end(), '-', '_');
  const std::string wanted = distribution_of(written + "-0-py3-none-any.whl").name;
  // A release has its files without the folders that their run kept them in.
  const Glob pattern(application.artifact.substr(application.artifact.rfind('/') + 1), GlobStyle::doublestar);
  std::vector<ReleaseFile> matching;
  for (const ReleaseFile& file : release.artifacts) {
    const bool matches =
        application.artifact.empty() || distribution_of(file.name).name == wanted || pattern.matches(file.name);
    if (matches) matching.push_back(file);
  }
  ChosenArtifacts chosen;
  std::copy_if(matching.begin(), matching.end(), std::back_inserter(chosen.files),
               [](const ReleaseFile& file) { return is_wheel(file.name); });
  chosen.wheel = !chosen.files.empty();
  if (!chosen.wheel) chosen.files = matching;
  if (!chosen.files.empty()) return chosen;
  return Error{
      Fault::user,
      release.name + " has no artifact " + quoted(application.artifact) + "; it has " + names_of(release.artifacts),
      ""};
}

std::string requirements_of(const std::vector<ReleaseFile>& wheels) {
  std::map<std::string, std::string> lines;
  for (const ReleaseFile& wheel : wheels) {
    const DistributionName name = distribution_of(wheel.name);
    std::string& line = lines[name.name];
    if (line.empty()) line = name.name + "==" + name.version;
    line += " --hash=sha256:" + to_hex(wheel.digest);
  }
  std::string text;
  for (const auto& [name, line] : lines) text += line + "\n";
  return text;
}

std::string release_folder(const std::string& release) { return release.substr(0, kFolderDigits); }

Result<HostInterpreter> host_interpreter(EnvironmentHost& host, const ApplicationSpec& application) {
  PENSTOCK_TRY(
      const std::string said,
      host.must("can't ask its Python", {.text = kProbe, .arguments = {application.python, kInterpreterProbe}}));
  const size_t line = said.find('\n');
  if (line == std::string::npos) return Error{Fault::machine, host.name() + ": its Python doesn't say what it is", ""};
  return HostInterpreter{said.substr(0, line), last_line(said)};
}

Result<> install(EnvironmentHost& host, const ApplicationSpec& application, const Release& release, BlobStore& blobs,
                 const std::optional<HostInterpreter>& interpreter) {
  PENSTOCK_TRY(ChosenArtifacts chosen, chosen_artifacts(application, release));
  // Whether it runs there was asked of pip for the dependencies, not for the release's own.
  const bool simple = chosen.files.size() == 1 && chosen.files.front().name.ends_with("-none-any.whl");
  if (chosen.wheel) {
    if (!interpreter) return Error{Fault::internal, "a wheel without an interpreter", ""};
    PENSTOCK_TRY(const ResolvedDependencies* dependencies, dependencies_for(host, release, *interpreter));
    for (const ReleaseFile& wheel : dependencies->wheels) chosen.files.push_back(wheel);
  }
  const std::string name = release_folder(release.id);
  PENSTOCK_TRY(const std::string state,
               host.must("can't look for the release", {.text = kIsComplete, .arguments = {name}}));
  if (!state.empty()) return success();

  std::vector<HostFile> files;
  EnvironmentHost::Script script{
      .text = kBegin, .arguments = {name}, .timeout = std::chrono::minutes(15), .changes = true};
  for (const ReleaseFile& file : chosen.files) {
    files.push_back({file.digest, file.size});
    script.arguments.insert(script.arguments.end(), {file.name, to_hex(file.digest)});
  }
  script.arguments.push_back("--");
  PENSTOCK_TRY(const std::string folder, host.folder());
  PENSTOCK_TRY(BlobFiles source, BlobFiles::make(blobs));
  PENSTOCK_CHECK(upload_missing(host.shell(), folder + "/files", files, std::ref(source)));

  if (chosen.wheel) {
    add_wheels(script, *interpreter, requirements_of(chosen.files), simple);
  } else {
    script.text += kUnpackFiles;
  }
  script.text += kFinish;
  script.arguments.insert(script.arguments.end(), {release.id, application.prepare});
  PENSTOCK_CHECK(host.must("can't install " + release.name, script));
  return success();
}

Result<> tidy_releases(EnvironmentHost& host, const std::vector<std::string>& keep) {
  EnvironmentHost::Script script{.text = std::string(kTidy) + kTidyUnpacked, .changes = true};
  for (const std::string& release : keep) script.arguments.push_back(release_folder(release));
  PENSTOCK_CHECK(host.must("can't tidy", script));
  return success();
}

}  // namespace penstock
