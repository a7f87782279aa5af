#include "executor_sandbox/images.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "os/errors.h"
#include "os/files.h"
#include "os/machine.h"
#include "plan/plan.h"

namespace penstock::sandbox {
namespace {

namespace fs = std::filesystem;

std::string value_or_empty(const os::Environment& environment, const std::string& name) {
  auto found = environment.find(name);
  return found == environment.end() ? "" : found->second;
}

fs::path folder_or(const os::Environment& caller, const std::string& name, const char* below_home) {
  const std::string given = value_or_empty(caller, name);
  return given.starts_with('/') ? fs::path(given) : fs::path(value_or_empty(caller, "HOME")) / below_home;
}

/// `3.12.4` as {3, 12, 4}, so that 3.9 comes before 3.12.
std::vector<int> numbers_of(std::string_view text) {
  std::vector<int> numbers;
  const char* end = text.data() + text.size();
  for (const char* at = text.data(); at < end;) {
    int value = 0;
    const auto [stop, error] = std::from_chars(at, end, value);
    if (error != std::errc()) break;
    numbers.push_back(value);
    if (stop == end || *stop != '.') break;
    at = stop + 1;
  }
  return numbers;
}

/// The newest of the installations below `folder` that is named PREFIX and the version, or a patch release of it.
std::optional<std::string> newest_installation(const fs::path& folder, const std::string& prefix,
                                               const std::string& version) {
  Result<std::vector<os::FolderEntry>> entries = os::list_folder(folder);
  if (!entries.ok()) return std::nullopt;
  std::vector<int> best;
  std::optional<std::string> found;
  for (const os::FolderEntry& entry : *entries) {
    if (!entry.name.starts_with(prefix)) continue;
    const std::string rest = entry.name.substr(prefix.size());
    const bool fits = rest.starts_with(version) && (rest.size() == version.size() || rest[version.size()] == '.' ||
                                                    rest[version.size()] == '-' || version.empty());
    const fs::path program = folder / entry.name / "bin" / "python3";
    if (!fits || ::access(program.c_str(), X_OK) != 0) continue;
    if (std::vector<int> numbers = numbers_of(rest); !found || best < numbers) {
      best = std::move(numbers);
      found = program.string();
    }
  }
  return found;
}

/// The program on PATH, past pyenv's shims, which exist for versions that aren't active.
std::optional<std::string> on_path(const std::string& name, const std::string& path) {
  std::string without_shims;
  for (size_t start = 0; start <= path.size();) {
    const size_t colon = std::min(path.find(':', start), path.size());
    const std::string folder = path.substr(start, colon - start);
    if (!folder.ends_with("/shims")) without_shims += folder + ":";
    start = colon + 1;
  }
  const std::optional<fs::path> found = os::find_program(name, without_shims);
  if (!found) return std::nullopt;
  return found->string();
}

Result<> put_link(const fs::path& at, const std::string& target) {
  std::error_code ignored;
  if (fs::read_symlink(at, ignored) == target) return success();
  const fs::path fresh = at.string() + "." + std::to_string(::getpid());
  fs::remove(fresh, ignored);
  if (::symlink(target.c_str(), fresh.c_str()) != 0 || ::rename(fresh.c_str(), at.c_str()) != 0) {
    return os::system_error("can't make the link " + at.string(), errno);
  }
  return success();
}

/// A system's `python3.12` stands among everything else in its folder: one of ours shows it under the names that
/// scripts use. It is kept, since virtual environments that are made from it remember it.
Result<std::string> folder_for(const std::string& program, const std::string& version, const os::Environment& caller) {
  const fs::path folder = folder_or(caller, "XDG_CACHE_HOME", ".cache") / "penstock" / ("python-" + version);
  PENSTOCK_CHECK(os::ensure_folder(folder));
  for (const char* name : {"python", "python3"}) PENSTOCK_CHECK(put_link(folder / name, program));
  for (const char* name : {"pip", "pip3"}) {
    const std::string text = "#!/bin/sh\nexec " + program + " -m pip \"$@\"\n";
    Result<std::string> there = os::read_file(folder / name);
    if (there.ok() && *there == text) continue;
    PENSTOCK_CHECK(os::write_atomically(folder / name, text, os::Durability::crash_safe, 0755));
  }
  return folder.string();
}

std::string_view last_part(std::string_view image) {
  image = image.substr(0, image.find('@'));
  return image.substr(image.rfind('/') + 1);
}

Result<> add_python(const std::string& image, const std::string& version, const os::Environment& caller,
                    ImageChoice& choice) {
  const std::string wanted = version.empty() ? "Python" : "Python " + version;
  PENSTOCK_TRY(std::optional<Interpreter> found, find_python(version, caller));
  if (found) {
    choice.path_folder = found->folder;
    choice.notices.push_back("image `" + image + "`: no container, but " + wanted +
                             " of this machine: " + found->program);
  } else {
    choice.notices.push_back("image `" + image + "` is not used, and this machine has no " + wanted +
                             " (looked on PATH, in pyenv and uv): the job runs with what is on PATH");
  }
  return success();
}

}  // namespace

std::optional<std::string> python_of_image(std::string_view image) {
  const std::string_view name = last_part(image);
  const size_t colon = name.find(':');
  if (name.substr(0, colon) != "python") return std::nullopt;
  if (colon == std::string_view::npos) return "";
  const std::vector<int> numbers = numbers_of(name.substr(colon + 1));
  if (numbers.empty()) return "";
  std::string version = std::to_string(numbers[0]);
  if (numbers.size() > 1) version += "." + std::to_string(numbers[1]);
  return version;
}

Result<std::optional<Interpreter>> find_python(const std::string& version, const os::Environment& caller) {
  const std::string name = "python" + (version.empty() ? "3" : version);
  if (const std::string active = value_or_empty(caller, "VIRTUAL_ENV"); !active.empty()) {
    const std::string program = active + "/bin/" + name;
    if (::access(program.c_str(), X_OK) == 0) return std::optional(Interpreter{program, ""});
  }
  if (auto program = on_path(name, value_or_empty(caller, "PATH"))) {
    PENSTOCK_TRY(std::string folder, folder_for(*program, version.empty() ? "3" : version, caller));
    return std::optional(Interpreter{*program, folder});
  }
  auto program = newest_installation(folder_or(caller, "PYENV_ROOT", ".pyenv") / "versions", "", version);
  if (!program) {
    const fs::path uv = folder_or(caller, "XDG_DATA_HOME", ".local/share") / "uv" / "python";
    program = newest_installation(uv, "cpython-", version);
  }
  if (!program) return std::optional<Interpreter>();
  return std::optional(Interpreter{*program, fs::path(*program).parent_path().string()});
}

Result<ImageChoice> choose_for_image(const JobSpec& spec, const os::Environment& caller, bool strict) {
  ImageChoice choice;
  if (strict && (spec.image || !spec.services.empty())) {
    const std::string& name = spec.image ? spec.image->name : spec.services.front().image.name;
    return Error{Fault::user,
                 "job `" + spec.job + "` asks for the " + (spec.image ? "image" : "service") + " `" + name +
                     "`, and the sandbox has no containers",
                 "without --strict it runs on this machine, with a notice"};
  }
  if (spec.image) {
    const std::string& image = spec.image->name;
    if (std::optional<std::string> version = python_of_image(image)) {
      PENSTOCK_CHECK(add_python(image, *version, caller, choice));
    } else {
      choice.notices.push_back("image `" + image + "` is not used: the job runs on this machine, without a container");
    }
  }
  for (const Service& service : spec.services) {
    choice.notices.push_back("service `" + service.image.name + "` is not started: there are no containers here");
  }
  return choice;
}

}  // namespace penstock::sandbox
