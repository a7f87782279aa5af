#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"
#include "executor_sandbox/rung.h"
#include "os/lock.h"
#include "os/unique_fd.h"

namespace penstock::sandbox {

/// Where a zygote works.
struct ZygotePlace {
  std::string state;      ///< Its working directory; layers and rooms lie below it.
  std::string rooms;      ///< The folder of this executor's rooms, relative to `state`.
  std::string temporary;  ///< The folder that holds its jobs' TMPDIRs, absolute and short.
  Rung rung = Rung::root;
  bool spares = true;  ///< Furnish the next room while a job runs in this one.
};

/// The process that makes rooms: forked from `ci` before it starts threads and reads secrets, so that it is small,
/// single-threaded, and quick to clone. Each room is a clone of it in new namespaces; it removes what a room leaves.
/// When `ci` hangs up, or dies, it ends all rooms, removes its folders and ends.
class Zygote {
 public:
  /// Forks. The child shares `lock`, so that its folders aren't swept while it still removes them.
  static Result<Zygote> start(const ZygotePlace& place, const os::FileLock& lock);
  Zygote(Zygote&& other) noexcept;
  Zygote& operator=(Zygote&&) = delete;
  /// Hangs up if nobody has, and waits until everything is gone.
  ~Zygote();

  /// It begins to end everything.
  void hang_up();

  [[nodiscard]] int socket() const { return socket_.get(); }

 private:
  Zygote(pid_t pid, os::UniqueFd socket) : pid_(pid), socket_(std::move(socket)) {}

  pid_t pid_ = -1;
  os::UniqueFd socket_;
};

}  // namespace penstock::sandbox
