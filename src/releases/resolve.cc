#include "releases/resolve.h"

#include <fcntl.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <vector>

#include "base/last_lines.h"
#include "blobs/blob_store.h"
#include "blobs/tree.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/process.h"
#include "os/unique_fd.h"
#include "releases/make_release.h"
#include "releases/pinned.h"

namespace penstock {
namespace {

constexpr Duration kLongestResolve = std::chrono::minutes(15);
constexpr int kOldestGlibc = 5;  // manylinux1 is 2.5

/// The parts of an interpreter's tag.
struct Interpreter {
  std::string implementation;  // `cpython`
  std::string version;         // `3.11`
  std::string abi;             // `cp311`
  std::string platform;        // `manylinux_2_36_x86_64`
};

Result<Interpreter> interpreter_of(const std::string& tag) {
  std::vector<std::string> parts;
  for (size_t start = 0; start <= tag.size();) {
    const size_t end = std::min(tag.find('-', start), tag.size());
    parts.push_back(tag.substr(start, end - start));
    start = end + 1;
  }
  if (parts.size() != 4) return Error{Fault::machine, "`" + tag + "` tells no Python interpreter", {}};
  return Interpreter{parts[0], parts[1], parts[2], parts[3]};
}

/// The platforms whose wheels run there: each manylinux up to the C library's version.
std::vector<std::string> platforms_of(const std::string& platform) {
  constexpr std::string_view kManylinux = "manylinux_2_";
  if (!platform.starts_with(kManylinux)) return {platform};
  const size_t end = platform.find('_', kManylinux.size());
  int minor = 0;
  std::from_chars(platform.data() + kManylinux.size(), platform.data() + std::min(end, platform.size()), minor);
  const std::string machine = end == std::string::npos ? "" : platform.substr(end + 1);
  std::vector<std::string> platforms;
  for (int older = minor; older >= kOldestGlibc; --older) {
    platforms.push_back(std::string(kManylinux) + std::to_string(older) + "_" + machine);
  }
  for (const char* legacy : {"manylinux2014_", "manylinux2010_", "manylinux1_", "linux_"}) {
    platforms.push_back(legacy + machine);
  }
  return platforms;
}

/// An interpreter of this machine that has pip: of the wanted kind where there is one.
struct LocalPython {
  std::string program;
  bool same_kind = false;
};

Result<LocalPython> find_python(const ResolveOptions& options, const Interpreter& wanted) {
  std::optional<LocalPython> other;
  for (const std::string& program : {std::string("python3"), "python" + wanted.version, std::string("python")}) {
    os::RunOptions run;
    run.environment = options.environment;
    const std::string probe = std::string(kInterpreterProbe) + "\nimport pip";
    const auto tag = os::run({program, "-c", probe}, run);
    if (!tag || !tag->status.ok()) continue;
    const std::string printed = tag->output.substr(0, tag->output.find('\n'));
    if (printed == options.interpreter) return LocalPython{program, true};
    if (!other) other = LocalPython{program, false};
  }
  if (other) return *other;
  return Error{Fault::machine, "there is no Python with pip here to resolve what the wheel depends on",
               "install it, on Debian: apt install python3-pip"};
}

std::vector<std::string> pip_arguments(const LocalPython& python, const Interpreter& wanted,
                                       const ResolveOptions& options, const std::string& wheel,
                                       const std::string& wheels) {
  std::vector<std::string> arguments = {python.program, "-m", "pip", "--no-input", "--disable-pip-version-check"};
  if (python.same_kind) {
    arguments.insert(arguments.end(), {"wheel", "--progress-bar=off", "--wheel-dir", wheels});
  } else {
    arguments.insert(arguments.end(), {"download", "--progress-bar=off", "--dest", wheels, "--only-binary=:all:"});
    arguments.insert(arguments.end(), {"--python-version", wanted.version});
    arguments.insert(arguments.end(), {"--implementation", wanted.implementation == "cpython" ? "cp" : "pp"});
    for (const std::string& abi : {wanted.abi, std::string("abi3"), std::string("none")}) {
      arguments.insert(arguments.end(), {"--abi", abi});
    }
    for (const std::string& platform : platforms_of(wanted.platform)) {
      arguments.insert(arguments.end(), {"--platform", platform});
    }
  }
  if (!options.constraints.empty()) arguments.insert(arguments.end(), {"--constraint", options.constraints});
  arguments.push_back(wheel);
  return arguments;
}

Result<> write_wheel(BlobStore& blobs, const ReleaseFile& wheel, const std::filesystem::path& folder) {
  const os::UniqueFd root(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  TreeEntry entry;
  entry.path = wheel.name;
  entry.size = wheel.size;
  entry.content = wheel.digest;
  return restore_files(blobs, root.get(), {entry});
}

Result<std::vector<ReleaseFile>> keep_wheels(BlobStore& blobs, const std::filesystem::path& folder,
                                             const std::string& own) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name != own && distribution_of(name).wheel) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  const os::UniqueFd root(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  PENSTOCK_TRY(const Tree tree, keep_files(blobs, root.get(), names));
  std::vector<ReleaseFile> wheels;
  for (const TreeEntry& entry : tree) wheels.push_back({entry.path, entry.content, entry.size});
  return wheels;
}

/// Ctrl-C is for all of a terminal's foreground programs, pip among them.
bool was_interrupted(const os::RunResult& pip) {
  return pip.status.signal != 0 || pip.errors.find("Operation cancelled by user") != std::string::npos;
}

/// What pip says of a conflict stands in its output, only that there is one among its errors.
std::string why_it_failed(const os::RunResult& pip) {
  constexpr std::string_view kConflict = "The conflict is caused by:";
  constexpr int kLines = 5;
  const size_t at = pip.output.find(kConflict);
  if (at == std::string::npos) return last_lines(pip.errors, kLines);
  const std::string conflict = pip.output.substr(at, pip.output.find("\nTo fix this", at) - at);
  return conflict.substr(0, conflict.find_last_not_of(" \n") + 1);
}

}  // namespace

const ReleaseFile* wheel_of(const Release& release) {
  for (const ReleaseFile& file : release.artifacts) {
    if (distribution_of(file.name).wheel) return &file;
  }
  return nullptr;
}

Result<ResolvedDependencies> resolve_dependencies(BlobStore& blobs, const Release& release,
                                                  const ResolveOptions& options, const os::Clock& clock,
                                                  const std::string& inputs) {
  const ReleaseFile* wheel = wheel_of(release);
  if (wheel == nullptr) return Error{Fault::internal, release.name + " has no wheel", {}};
  PENSTOCK_TRY(const Interpreter wanted, interpreter_of(options.interpreter));
  PENSTOCK_TRY(const LocalPython python, find_python(options, wanted));
  const std::filesystem::path source = options.scratch / "release";
  const std::filesystem::path wheels = options.scratch / "wheels";
  PENSTOCK_CHECK(os::ensure_folder(source));
  PENSTOCK_CHECK(os::ensure_folder(wheels));
  PENSTOCK_CHECK(write_wheel(blobs, *wheel, source));
  os::RunOptions run;
  run.environment = options.environment;
  run.timeout = kLongestResolve;
  PENSTOCK_TRY(const os::RunResult pip,
               os::run(pip_arguments(python, wanted, options, (source / wheel->name).string(), wheels.string()), run));
  if (was_interrupted(pip)) {
    return Error{Fault::user, "finding what " + wheel->name + " depends on was interrupted", "nothing was touched yet"};
  }
  if (!pip.status.ok()) {
    return Error{
        Fault::user,
        "pip can't resolve what " + wheel->name + " depends on for " + options.interpreter + ": " + why_it_failed(pip),
        python.same_kind ? "" : "only wheels count for another kind of interpreter than this machine's"};
  }
  ResolvedDependencies resolved;
  resolved.interpreter = options.interpreter;
  PENSTOCK_TRY(resolved.wheels, keep_wheels(blobs, wheels, wheel->name));
  resolved.resolved_at = clock.now();
  if (!inputs.empty()) {
    PENSTOCK_TRY(const std::string constraints, os::read_file(options.constraints));
    if (are_pinned(resolved.wheels, constraints)) resolved.inputs = inputs;
  }
  PENSTOCK_CHECK(os::remove_tree(source));
  PENSTOCK_CHECK(os::remove_tree(wheels));
  return resolved;
}

}  // namespace penstock
