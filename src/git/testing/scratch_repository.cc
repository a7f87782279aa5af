#include "git/testing/scratch_repository.h"

#include <cstdlib>
#include <mutex>
#include <stdexcept>

#include "os/process.h"

namespace penstock::git {
namespace {

namespace fs = std::filesystem;

std::string run_with(const fs::path& folder, const std::vector<std::string>& arguments,
                     const os::Environment& variables) {
  std::vector<std::string> command{"git"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  os::RunOptions options;
  options.folder = folder;
  options.environment = os::current_environment();
  // Submodules and clones come from folders here, and nothing needs to survive a power cut.
  options.environment->insert({{"GIT_CONFIG_COUNT", "2"},
                               {"GIT_CONFIG_KEY_0", "protocol.file.allow"},
                               {"GIT_CONFIG_VALUE_0", "always"},
                               {"GIT_CONFIG_KEY_1", "core.fsync"},
                               {"GIT_CONFIG_VALUE_1", "none"}});
  for (const auto& [name, value] : variables) (*options.environment)[name] = value;
  os::RunResult result = os::run(command, options).value();
  if (!result.status.ok()) throw std::runtime_error("git " + arguments.front() + ": " + result.errors);
  if (!result.output.empty() && result.output.back() == '\n') result.output.pop_back();
  return result.output;
}

}  // namespace

void isolate_git() {
  static std::once_flag once;
  std::call_once(once, [] {
    ::setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    ::setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
    for (const auto& [name, value] : os::current_environment()) {
      if (name.starts_with("GIT_") && !name.starts_with("GIT_CONFIG_")) ::unsetenv(name.c_str());
    }
  });
}

std::string run_git(const fs::path& folder, const std::vector<std::string>& arguments) {
  isolate_git();
  return run_with(folder, arguments, {});
}

ScratchRepository::ScratchRepository(std::initializer_list<std::string> options)
    : folder_(os::TempFolder::make().value()) {
  isolate_git();
  path_ = fs::canonical(folder_.path()) / "project";
  outside_ = fs::canonical(folder_.path()) / "outside";
  fs::create_directories(path_);
  fs::create_directories(outside_);
  std::vector<std::string> init{"init", "-q", "-b", "main"};
  init.insert(init.end(), options.begin(), options.end());
  git(init);
  git({"config", "user.name", "Ada Test"});
  git({"config", "user.email", "ada@example.com"});
}

void ScratchRepository::write(std::string_view name, std::string_view content) {
  const fs::path path = path_ / name;
  fs::create_directories(path.parent_path());
  const Result<> written = os::write_atomically(path, content);
  if (!written.ok()) throw std::runtime_error(written.error().message);
}

std::string ScratchRepository::git(const std::vector<std::string>& arguments) {
  const std::string date = std::to_string(1700000000 + commits_ * 60) + " +0100";
  return run_with(path_, arguments, {{"GIT_AUTHOR_DATE", date}, {"GIT_COMMITTER_DATE", date}});
}

std::string ScratchRepository::commit(const std::string& message) {
  ++commits_;
  git({"add", "-A"});
  git({"commit", "-q", "--allow-empty", "-m", message});
  return git({"rev-parse", "HEAD"});
}

}  // namespace penstock::git
