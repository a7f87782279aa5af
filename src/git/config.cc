#include "git/config.h"

#include <sys/stat.h>

#include <set>

#include "os/environment.h"
#include "os/files.h"
#include "os/machine.h"

namespace penstock::git {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLimit = size_t{16} << 20;

void add_file(const fs::path& path, std::string& stamp) {
  struct stat status {};
  stamp += path.native();
  if (::stat(path.c_str(), &status) == 0) {
    for (long long part :
         {static_cast<long long>(status.st_ino), static_cast<long long>(status.st_size),
          static_cast<long long>(status.st_mtim.tv_sec), static_cast<long long>(status.st_mtim.tv_nsec),
          static_cast<long long>(status.st_ctim.tv_sec), static_cast<long long>(status.st_ctim.tv_nsec)}) {
      stamp += ' ' + std::to_string(part);
    }
  }
  stamp += '\n';
}

std::set<fs::path> files_read(const Location& location, const std::vector<ConfigEntry>& entries) {
  std::set<fs::path> files{"/etc/gitconfig", location.common_folder / "config", location.git_folder / "config.worktree",
                           os::xdg_folder("XDG_CONFIG_HOME", ".config") / "git/config",
                           os::current_user().home / ".gitconfig"};
  for (const char* name : {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"}) {
    if (auto path = os::environment_variable(name)) files.insert(*path);
  }
  for (const ConfigEntry& entry : entries) {
    if (entry.key.starts_with("includeif.onbranch:")) files.insert(location.git_folder / "HEAD");
    if (entry.origin.starts_with("file:")) files.insert(location.top_level / entry.origin.substr(5));
    // What is included but empty, or not there yet, leaves no entry of its own.
    if (entry.key == "include.path" || entry.key.starts_with("includeif.")) {
      fs::path path =
          entry.value.starts_with("~/") ? os::current_user().home / entry.value.substr(2) : fs::path(entry.value);
      if (path.is_relative() && entry.origin.starts_with("file:")) {
        path = (location.top_level / entry.origin.substr(5)).parent_path() / path;
      }
      files.insert(path);
    }
  }
  return files;
}

}  // namespace

std::vector<ConfigEntry> parse_config(std::string_view text) {
  std::vector<ConfigEntry> entries;
  auto take = [&text] {
    const size_t end = std::min(text.find('\0'), text.size());
    const std::string_view field = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return field;
  };
  while (!text.empty()) {
    ConfigEntry parsed;
    parsed.scope = take();
    parsed.origin = take();
    const std::string_view entry = take();
    const size_t line_end = entry.find('\n');
    parsed.key = entry.substr(0, line_end);
    // A key without `=` is a boolean that is true.
    parsed.value = line_end == std::string_view::npos ? "true" : entry.substr(line_end + 1);
    if (!parsed.key.empty()) entries.push_back(std::move(parsed));
  }
  return entries;
}

std::string config_stamp(const Location& location, const std::vector<ConfigEntry>& entries) {
  std::string stamp = "2\n";
  for (const fs::path& file : files_read(location, entries)) add_file(file, stamp);
  for (const auto& [name, value] : os::current_environment()) {
    if (name.starts_with("GIT_CONFIG_")) stamp += name + "=" + value + "\n";
  }
  return stamp;
}

std::optional<std::string> read_kept_config(const fs::path& file, const Location& location) {
  auto content = os::read_file_if_exists(file, kLimit);
  if (!content.ok() || !content->has_value()) return std::nullopt;
  const std::string& kept = **content;
  const size_t end = kept.find('\0');
  if (end == std::string::npos) return std::nullopt;
  std::string text = kept.substr(end + 1);
  if (config_stamp(location, parse_config(text)) != std::string_view(kept).substr(0, end)) return std::nullopt;
  return text;
}

void keep_config(const fs::path& file, const Location& location, const std::string& text) {
  std::string kept = config_stamp(location, parse_config(text));
  kept += '\0';
  kept += text;
  // A file that can't be written only costs the next process its time.
  if (kept.size() < kLimit) (void)os::write_atomically(file, kept, os::Durability::crash_safe, 0600);
}

}  // namespace penstock::git
