#include "executor_sandbox/copy_layers.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "os/errors.h"
#include "os/files.h"
#include "os/unique_fd.h"

namespace penstock::sandbox {
namespace {

bool has_mark(const std::string& path, const char* name) {
  for (const char* prefix : {"user.overlay.", "trusted.overlay."}) {
    char value[8];
    if (::lgetxattr(path.c_str(), (std::string(prefix) + name).c_str(), value, sizeof value) >= 0) return true;
  }
  return false;
}

/// A file that says: what the layers below have under this name is gone.
bool is_whiteout(const std::string& path, const struct stat& status) {
  if (S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0)) return true;
  return S_ISREG(status.st_mode) && status.st_size == 0 && has_mark(path, "whiteout");
}

Result<> copy_bytes(int from, int to) {
  if (::ioctl(to, FICLONE, from) == 0) return success();
  for (;;) {
    ssize_t copied = ::copy_file_range(from, nullptr, to, nullptr, size_t{1} << 30, 0);
    if (copied == 0) return success();
    if (copied < 0 && errno != EINTR) return os::system_error("can't copy", errno);
  }
}

Result<> copy_file(const std::string& from, const std::string& to, const struct stat& status) {
  os::UniqueFd source(::open(from.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!source) return os::system_error("can't open " + from, errno);
  os::UniqueFd target(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!target) return os::system_error("can't make " + to, errno);
  PENSTOCK_CHECK(copy_bytes(source.get(), target.get()));
  ::fchmod(target.get(), status.st_mode & 07777);
  const timespec times[2] = {status.st_atim, status.st_mtim};  // git's index remembers them
  ::futimens(target.get(), times);
  return success();
}

Result<> copy_link(const std::string& from, const std::string& to, const struct stat& status) {
  std::string target(static_cast<size_t>(status.st_size) + 1, '\0');
  const ssize_t length = ::readlink(from.c_str(), target.data(), target.size());
  if (length < 0) return os::system_error("can't read " + from, errno);
  target.resize(static_cast<size_t>(length));
  if (::symlink(target.c_str(), to.c_str()) != 0) return os::system_error("can't make " + to, errno);
  const timespec times[2] = {status.st_atim, status.st_mtim};
  ::utimensat(AT_FDCWD, to.c_str(), times, AT_SYMLINK_NOFOLLOW);
  return success();
}

struct Pair {
  std::string from;
  std::string to;
};

/// Copies one entry; a folder's content is left for later.
Result<> copy_entry(const Pair& entry, std::vector<Pair>& folders) {
  struct stat status {};
  if (::lstat(entry.from.c_str(), &status) != 0) return os::system_error("can't look at " + entry.from, errno);
  struct stat there {};
  const bool exists = ::lstat(entry.to.c_str(), &there) == 0;
  const bool merges = exists && S_ISDIR(status.st_mode) && S_ISDIR(there.st_mode) && !has_mark(entry.from, "opaque");
  if (exists && !merges) PENSTOCK_CHECK(os::remove_tree(entry.to));
  if (is_whiteout(entry.from, status)) return success();
  if (S_ISREG(status.st_mode)) return copy_file(entry.from, entry.to, status);
  if (S_ISLNK(status.st_mode)) return copy_link(entry.from, entry.to, status);
  if (!S_ISDIR(status.st_mode)) return success();
  if (!merges && ::mkdir(entry.to.c_str(), status.st_mode & 07777) != 0) {
    return os::system_error("can't make " + entry.to, errno);
  }
  folders.push_back(entry);
  return success();
}

}  // namespace

Result<> copy_layer(const std::string& layer, const std::string& onto) {
  std::vector<Pair> folders{{layer, onto}};
  while (!folders.empty()) {
    const Pair folder = std::move(folders.back());
    folders.pop_back();
    PENSTOCK_TRY(std::vector<os::FolderEntry> entries, os::list_folder(folder.from));
    for (const os::FolderEntry& entry : entries) {
      PENSTOCK_CHECK(copy_entry({folder.from + "/" + entry.name, folder.to + "/" + entry.name}, folders));
    }
  }
  return success();
}

}  // namespace penstock::sandbox
