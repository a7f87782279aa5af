#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "os/unique_fd.h"

namespace penstock::os {

/// A lock between processes on a file (flock). It ends with this object or with the process, however that dies; a child
/// that was started through os::Process doesn't share it. Two FileLocks of one process exclude each other as those of
/// two processes do. A lock file may be deleted by the one who holds its lock exclusively: the others notice and take
/// the new one.
class FileLock {
 public:
  enum class Mode { shared, exclusive };

  /// Waits until the lock is free. The file is made where it is missing.
  static Result<FileLock> take(const std::filesystem::path& path, Mode mode = Mode::exclusive);
  /// Nothing where somebody else holds it.
  static Result<std::optional<FileLock>> try_take(const std::filesystem::path& path, Mode mode = Mode::exclusive);

  /// Writes who we are (the process id, then `text`) into the file, for holder_of. Needs the exclusive lock.
  Result<> sign(const std::string& text = {});
  /// Turns an exclusive lock into a shared one. Others may get in between the two.
  Result<> downgrade();
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

struct LockHolder {
  int pid = 0;
  std::string text;
};

/// Who signed a lock file last (it may have died since: try_take tells); nothing where nobody did.
std::optional<LockHolder> holder_of(const std::filesystem::path& path);

}  // namespace penstock::os
