#include "workspace/copy_file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "os/errors.h"
#include "os/files.h"

namespace penstock::workspace {
namespace {

Result<> copy_bytes(int from, int to) {
  if (::ioctl(to, FICLONE, from) == 0) return success();
  for (;;) {
    const ssize_t copied = ::copy_file_range(from, nullptr, to, nullptr, size_t{1} << 30, 0);
    if (copied > 0) continue;
    if (copied == 0) return success();
    if (errno == EINTR) continue;
    break;
  }
  // Between file systems that can't: nothing was copied yet, or the positions say how much.
  char buffer[65536];
  for (;;) {
    const ssize_t got = ::read(from, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os::system_error("can't read", errno);
    if (got == 0) return success();
    PENSTOCK_CHECK(os::write_all(to, {buffer, static_cast<size_t>(got)}));
  }
}

Error failed(const std::string& name, int number) { return os::system_error("can't copy `" + name + "`", number); }

Result<> copy_link(int from_folder, const std::string& from, int to_folder, const std::string& to) {
  std::string target(4096, '\0');
  const ssize_t length = ::readlinkat(from_folder, from.c_str(), target.data(), target.size());
  if (length < 0) return failed(from, errno);
  target.resize(static_cast<size_t>(length));
  if (::symlinkat(target.c_str(), to_folder, to.c_str()) != 0) return failed(from, errno);
  return success();
}

}  // namespace

Result<> copy_entry(int from_folder, const std::string& from, int to_folder, const std::string& to) {
  struct stat status {};
  if (::fstatat(from_folder, from.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return failed(from, errno);
  if (S_ISLNK(status.st_mode)) {
    PENSTOCK_CHECK(copy_link(from_folder, from, to_folder, to));
  } else {
    os::UniqueFd source(::openat(from_folder, from.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!source || ::fstat(source.get(), &status) != 0) return failed(from, errno);
    if (!S_ISREG(status.st_mode)) return Error{Fault::user, "`" + from + "` is not a regular file", ""};
    os::UniqueFd target(::openat(to_folder, to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!target) return failed(from, errno);
    PENSTOCK_CHECK(copy_bytes(source.get(), target.get()));
    if (::fchmod(target.get(), status.st_mode & 07777) != 0) return failed(from, errno);
  }
  const timespec times[2] = {status.st_mtim, status.st_mtim};
  if (::utimensat(to_folder, to.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) return failed(from, errno);
  return success();
}

}  // namespace penstock::workspace
