#include "git/location.h"

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <system_error>

#include "os/environment.h"
#include "os/files.h"

namespace penstock::git {
namespace {

namespace fs = std::filesystem;

bool is_folder(const fs::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::optional<std::string> read_line(const fs::path& path) {
  auto content = os::read_file_if_exists(path, 65536);
  if (!content.ok() || !content->has_value()) return std::nullopt;
  std::string line = std::move(**content);
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
  return line;
}

/// Whether git would read more out of the configuration than we do here: then it is asked.
bool is_ordinary_config(const fs::path& path) {
  auto content = os::read_file_if_exists(path, size_t{1} << 20);
  if (!content.ok() || !content->has_value()) return false;
  std::string text = **content;
  for (char& c : text) c = (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    const bool bare = line.starts_with("bare") && line.find("false") == std::string_view::npos;
    // An entry may stand on its section's line: `[core] worktree = …`.
    if (bare || line.find("worktree") != std::string_view::npos || line.find("refstorage") != std::string_view::npos ||
        line.starts_with("[include") || (line.starts_with('[') && !line.ends_with(']'))) {
      return false;
    }
  }
  return true;
}

std::optional<Location> location_at(const fs::path& top_level, const fs::path& git_folder) {
  Location location;
  location.top_level = top_level;
  location.git_folder = git_folder;
  location.common_folder = git_folder;
  if (auto common = read_line(git_folder / "commondir")) {
    std::error_code problem;
    location.common_folder = fs::canonical(git_folder / *common, problem);
    if (problem) return std::nullopt;
  }
  const bool whole = is_folder(location.common_folder / "objects") && is_folder(location.common_folder / "refs") &&
                     os::read_file_if_exists(git_folder / "HEAD", 65536).ok();
  if (!whole || !is_ordinary_config(location.common_folder / "config")) return std::nullopt;
  return location;
}

}  // namespace

std::optional<Location> find_location(const fs::path& folder) {
  for (const char* name : {"GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_CEILING_DIRECTORIES"}) {
    if (os::environment_variable(name)) return std::nullopt;
  }
  std::error_code problem;
  for (fs::path here = fs::canonical(folder, problem); !problem;) {
    const fs::path candidate = here / ".git";
    struct stat status {};
    if (::stat(candidate.c_str(), &status) == 0) {
      if (S_ISDIR(status.st_mode)) return location_at(here, fs::canonical(candidate, problem));
      auto line = read_line(candidate);
      if (!line || !line->starts_with("gitdir: ")) return std::nullopt;
      const fs::path git_folder = fs::canonical(here / line->substr(8), problem);
      if (problem) return std::nullopt;
      return location_at(here, git_folder);
    }
    // Inside a bare repository, or inside a `.git` folder.
    if (is_folder(here / "objects") && is_folder(here / "refs")) return std::nullopt;
    if (here == here.root_path()) return std::nullopt;
    here = here.parent_path();
  }
  return std::nullopt;
}

}  // namespace penstock::git
