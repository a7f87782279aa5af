#include "runner/collect.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/text_width.h"
#include "blobs/beneath.h"
#include "os/errors.h"
#include "os/files.h"

namespace penstock {
namespace {

constexpr int kDeepest = 400;  // one open folder each
constexpr size_t kMostNotes = 20;

Error outside(std::string_view pattern) {
  return {Fault::user, "`" + printable(pattern) + "` lies outside of the project",
          "only what is in the project's folder can be kept"};
}

Error cannot_read(const std::string& path, int number) {
  return os::system_error("can't read `" + printable(path) + "`", number);
}

bool is_gone(int number) { return number == ENOENT || number == ENOTDIR; }

}  // namespace

Collector::Collector(int root, std::string project_folder, LinkRule links)
    : root_(root), project_folder_(std::move(project_folder)), links_(std::move(links)) {
  struct stat status {};
  if (::fstat(root, &status) == 0) device_ = status.st_dev;
}

Result<std::string> Collector::relative(std::string_view pattern) const {
  std::string_view rest = pattern;
  if (rest.starts_with('/')) {
    if (!rest.starts_with(project_folder_)) return outside(pattern);
    rest.remove_prefix(project_folder_.size());
    if (!rest.empty() && rest.front() != '/') return outside(pattern);
  }
  std::vector<std::string_view> names;
  for (size_t begin = 0; begin < rest.size();) {
    const size_t end = std::min(rest.find('/', begin), rest.size());
    const std::string_view name = rest.substr(begin, end - begin);
    begin = end + 1;
    if (name.empty() || name == ".") continue;
    if (name != "..") {
      names.push_back(name);
    } else if (names.empty()) {
      return outside(pattern);
    } else {
      names.pop_back();
    }
  }
  std::string path;
  for (const std::string_view name : names) path.append(path.empty() ? "" : "/").append(name);
  return path;
}

Result<> Collector::exclude(std::string_view pattern) {
  PENSTOCK_TRY(const std::string path, relative(pattern));
  excludes_.emplace_back(path, GlobStyle::doublestar);
  return success();
}

bool Collector::excluded(const std::string& path) const {
  return std::any_of(excludes_.begin(), excludes_.end(), [&](const Glob& glob) { return glob.matches(path); });
}

Result<size_t> Collector::add(std::string_view pattern) {
  PENSTOCK_TRY(const std::string path, relative(pattern));
  const Glob glob(path.empty() ? "**" : path, GlobStyle::doublestar);
  const std::string& start = glob.literal_prefix();
  if (!start.empty() && glob.matches(start)) {
    const size_t slash = start.rfind('/');
    const std::string parent = slash == std::string::npos ? "." : start.substr(0, slash);
    const os::UniqueFd folder = open_beneath(root_, parent, O_RDONLY | O_DIRECTORY);
    if (folder) return take(folder.get(), start.substr(slash == std::string::npos ? 0 : slash + 1), start, 0);
    if (leads_out(errno)) return outside(pattern);
    if (is_gone(errno)) return size_t{0};
    return cannot_read(parent, errno);
  }
  const os::UniqueFd folder = open_beneath(root_, start.empty() ? "." : start, O_RDONLY | O_DIRECTORY);
  if (folder) return walk(folder.get(), start, glob, 0);
  if (leads_out(errno)) return outside(pattern);
  if (is_gone(errno)) return size_t{0};
  return cannot_read(start, errno);
}

Result<size_t> Collector::walk(int folder, const std::string& path, const Glob& glob, int depth) {
  if (depth > kDeepest) return Error{Fault::user, "`" + printable(path) + "` is nested too deeply to be kept", ""};
  PENSTOCK_TRY(const auto entries, os::list_folder(folder));
  size_t found = 0;
  for (const os::FolderEntry& entry : entries) {
    const std::string below = path.empty() ? entry.name : path + "/" + entry.name;
    if (below == ".git") continue;
    if (glob.matches(below)) {
      PENSTOCK_TRY(const size_t taken, take(folder, entry.name, below, depth));
      found += taken;
    } else if (entry.type == os::FileType::folder && glob.may_match_below(below)) {
      PENSTOCK_TRY(const auto fd, enter(folder, entry.name, below));
      if (!fd) continue;
      PENSTOCK_TRY(const size_t taken, walk(fd->get(), below, glob, depth + 1));
      found += taken;
    }
  }
  return found;
}

Result<size_t> Collector::take(int folder, const std::string& name, const std::string& path, int depth) {
  if (path == ".git" || path.starts_with(".git/")) return size_t{0};
  struct stat status {};
  if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (is_gone(errno)) return size_t{0};
    return cannot_read(path, errno);
  }
  const bool plain = S_ISREG(status.st_mode) || S_ISLNK(status.st_mode) || S_ISDIR(status.st_mode);
  if (!plain) return size_t{0};
  size_t found = take_one(folder, name, path, S_ISLNK(status.st_mode)) ? 1 : 0;
  if (S_ISDIR(status.st_mode)) {
    PENSTOCK_TRY(const auto fd, enter(folder, name, path));
    if (!fd) return found;
    PENSTOCK_TRY(const size_t below, take_below(fd->get(), path, depth + 1));
    found += below;
  }
  return found;
}

Result<size_t> Collector::take_below(int folder, const std::string& path, int depth) {
  if (depth > kDeepest) return Error{Fault::user, "`" + printable(path) + "` is nested too deeply to be kept", ""};
  PENSTOCK_TRY(const auto entries, os::list_folder(folder));
  size_t found = 0;
  for (const os::FolderEntry& entry : entries) {
    const std::string below = path + "/" + entry.name;
    if (entry.type == os::FileType::other) continue;
    found += take_one(folder, entry.name, below, entry.type == os::FileType::link) ? 1 : 0;
    if (entry.type != os::FileType::folder) continue;
    PENSTOCK_TRY(const auto fd, enter(folder, entry.name, below));
    if (!fd) continue;
    PENSTOCK_TRY(const size_t taken, take_below(fd->get(), below, depth + 1));
    found += taken;
  }
  return found;
}

Result<std::optional<os::UniqueFd>> Collector::enter(int folder, const std::string& name, const std::string& path) {
  os::UniqueFd fd(::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) return cannot_read(path, errno);
  if (status.st_dev == device_) return std::optional(std::move(fd));
  paths_.erase(path);
  note("`" + printable(path) + "` is left out: it is not part of the project but mounted there");
  return std::optional<os::UniqueFd>();
}

void Collector::note(std::string text) {
  if (notes_.size() < kMostNotes) notes_.push_back(std::move(text));
}

bool Collector::take_one(int folder, const std::string& name, const std::string& path, bool link) {
  if (excluded(path)) return false;
  if (link && !links_.anywhere) {
    char target[4096];
    const ssize_t size = ::readlinkat(folder, name.c_str(), target, sizeof target);
    const std::string_view text(target, size < 0 ? 0 : static_cast<size_t>(size));
    if (!link_stays_inside(path, text, links_)) {
      note("`" + printable(path) + "` is left out: it is a link that leads out of the project, to `" + printable(text) +
           "`");
      return false;
    }
  }
  paths_.insert(path);
  return true;
}

size_t Collector::add_listed(const std::vector<std::string>& paths) {
  size_t found = 0;
  for (const std::string& path : paths) {
    const size_t slash = path.rfind('/');
    const os::UniqueFd folder =
        open_beneath(root_, slash == std::string::npos ? "." : path.substr(0, slash), O_RDONLY | O_DIRECTORY);
    if (!folder) continue;
    // git lists a repository inside the project as a folder: `vendor/x/`.
    if (slash + 1 == path.size()) continue;
    const auto taken = take(folder.get(), path.substr(slash == std::string::npos ? 0 : slash + 1), path, 0);
    if (taken.ok()) found += *taken;
  }
  return found;
}

}  // namespace penstock
