#include "os/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "os/errors.h"
#include "os/files.h"

namespace penstock::os {
namespace {

/// The lock, or nothing where `wait` is false and somebody else holds it.
Result<std::optional<UniqueFd>> lock(const std::filesystem::path& path, FileLock::Mode mode, bool wait) {
  const std::string what = "can't lock `" + path.native() + "`";
  const int operation = (mode == FileLock::Mode::shared ? LOCK_SH : LOCK_EX) | (wait ? 0 : LOCK_NB);
  for (;;) {
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!fd) return system_error(what, errno);
    while (::flock(fd.get(), operation) != 0) {
      if (errno == EWOULDBLOCK) return std::optional<UniqueFd>();
      if (errno != EINTR) return system_error(what, errno);
    }
    // The last holder may have deleted the file while we waited: then what we hold is a lock that nobody else will ever
    // see.
    struct stat ours {};
    struct stat named {};
    if (::fstat(fd.get(), &ours) != 0) return system_error(what, errno);
    if (::stat(path.c_str(), &named) == 0 && ours.st_dev == named.st_dev && ours.st_ino == named.st_ino) {
      return std::optional<UniqueFd>(std::move(fd));
    }
  }
}

}  // namespace

Result<FileLock> FileLock::take(const std::filesystem::path& path, Mode mode) {
  PENSTOCK_TRY(std::optional<UniqueFd> fd, lock(path, mode, true));
  return FileLock(std::move(*fd));
}

Result<std::optional<FileLock>> FileLock::try_take(const std::filesystem::path& path, Mode mode) {
  PENSTOCK_TRY(std::optional<UniqueFd> fd, lock(path, mode, false));
  if (!fd) return std::optional<FileLock>();
  return std::optional<FileLock>(FileLock(std::move(*fd)));
}

Result<> FileLock::sign(const std::string& text) {
  const std::string content = std::to_string(::getpid()) + "\n" + text;
  if (::lseek(fd_.get(), 0, SEEK_SET) != 0) return system_error("can't sign a lock file", errno);
  PENSTOCK_CHECK(write_all(fd_.get(), content));
  // Not emptied first: ext4 takes that for a file being replaced, and brings it to the disk when it is closed.
  if (::ftruncate(fd_.get(), static_cast<off_t>(content.size())) != 0) {
    return system_error("can't sign a lock file", errno);
  }
  return success();
}

Result<> FileLock::downgrade() {
  while (::flock(fd_.get(), LOCK_SH) != 0) {
    if (errno != EINTR) return system_error("can't share a lock", errno);
  }
  return success();
}

std::optional<LockHolder> holder_of(const std::filesystem::path& path) {
  auto content = read_file_if_exists(path, 65536);
  if (!content.ok() || !content->has_value()) return std::nullopt;
  const std::string& text = **content;
  LockHolder holder;
  const char* end = text.data() + text.size();
  auto [after, problem] = std::from_chars(text.data(), end, holder.pid);
  if (problem != std::errc() || after == end || *after != '\n') return std::nullopt;
  holder.text.assign(after + 1, end);
  return holder;
}

}  // namespace penstock::os
