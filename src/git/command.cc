#include "git/command.h"

#include <algorithm>
#include <array>

namespace penstock::git {
namespace {

/// What says where configuration lies and how the network is reached; everything else named GIT_… would change what we
/// ask.
constexpr std::array<std::string_view, 12> kKept{"GIT_SSH",           "GIT_SSH_COMMAND",   "GIT_SSH_VARIANT",
                                                 "GIT_PROXY_COMMAND", "GIT_SSL_CAINFO",    "GIT_SSL_CAPATH",
                                                 "GIT_SSL_NO_VERIFY", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM",
                                                 "GIT_CONFIG_SYSTEM", "GIT_CONFIG_COUNT",  "GIT_EXEC_PATH"};

bool is_kept(std::string_view name) {
  if (!name.starts_with("GIT_")) return true;
  return std::find(kKept.begin(), kKept.end(), name) != kKept.end() || name.starts_with("GIT_CONFIG_KEY_") ||
         name.starts_with("GIT_CONFIG_VALUE_");
}

std::string first_line(std::string_view text) {
  std::string_view line = text.substr(0, text.find('\n'));
  for (std::string_view prefix : {"fatal: ", "error: "}) {
    if (line.starts_with(prefix)) line.remove_prefix(prefix.size());
  }
  if (line.ends_with('\r')) line.remove_suffix(1);  // ssh writes for a terminal
  return std::string(line);
}

}  // namespace

std::vector<std::string> command(const Location& location, const std::vector<std::string>& arguments) {
  std::vector<std::string> whole{"git"};
  if (location.explicit_folder) {
    whole.push_back("--git-dir=" + location.git_folder.native());
    if (!location.top_level.empty()) whole.push_back("--work-tree=" + location.top_level.native());
  }
  for (const char* option :
       {"--no-pager", "--literal-pathspecs", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c",
        "advice.detachedHead=false", "-c", "core.quotePath=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false"}) {
    whole.emplace_back(option);
  }
  whole.insert(whole.end(), arguments.begin(), arguments.end());
  return whole;
}

os::Environment clean_environment(const os::Environment& from) {
  os::Environment clean;
  for (const auto& [name, value] : from) {
    if (is_kept(name)) clean.emplace(name, value);
  }
  for (const char* name : {"LC_ALL", "LANGUAGE", "PAGER", "SSH_ASKPASS", "EDITOR", "VISUAL"}) clean.erase(name);
  clean["LC_ALL"] = "C";
  clean["GIT_TERMINAL_PROMPT"] = "0";
  clean["GIT_OPTIONAL_LOCKS"] = "0";
  return clean;
}

Error git_error(const std::vector<std::string>& arguments, const os::RunResult& result) {
  size_t at = 0;
  while (at + 2 < arguments.size() && arguments[at] == "-c") at += 2;
  const std::string verb = arguments.empty() ? "git" : "git " + arguments[at];
  const std::string words = first_line(result.errors);
  Error error{Fault::machine, "`" + verb + "`: " + (words.empty() ? os::to_words(result.status) : words), ""};
  if (result.errors.find("dubious ownership") != std::string::npos) {
    error.fault = Fault::user;
    error.help =
        "this repository belongs to somebody else; if you trust it: git config --global --add safe.directory PATH";
    const size_t start = result.errors.find("git config --global --add safe.directory");
    if (start != std::string::npos) {
      error.help = "this repository belongs to somebody else; if you trust it: " +
                   result.errors.substr(start, result.errors.find('\n', start) - start);
    }
  } else if (result.errors.find("not a git repository") != std::string::npos) {
    error.fault = Fault::user;
    error.message = "this folder is not in a git repository";
    error.help = "run it in a repository, or make one with `git init`";
  } else if (result.errors.find("bad object") != std::string::npos ||
             result.errors.find("corrupt") != std::string::npos) {
    error.help = "the repository may be damaged: run `git fsck`";
  }
  return error;
}

}  // namespace penstock::git
