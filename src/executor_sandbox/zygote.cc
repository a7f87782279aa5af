#include "executor_sandbox/zygote.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "executor_sandbox/wire.h"
#include "executor_sandbox/zygote_process.h"
#include "os/errors.h"

namespace penstock::sandbox {

Result<Zygote> Zygote::start(const ZygotePlace& place, const os::FileLock& lock) {
  PENSTOCK_TRY(SocketPair ends, make_socket_pair());
  const pid_t pid = ::fork();
  if (pid < 0) return os::system_error("can't start the sandbox's zygote", errno);
  if (pid == 0) live_as_zygote(place, ends.theirs.get(), lock.fd());
  return Zygote(pid, std::move(ends.ours));
}

Zygote::Zygote(Zygote&& other) noexcept : pid_(std::exchange(other.pid_, -1)), socket_(std::move(other.socket_)) {}

void Zygote::hang_up() {
  // Somebody else may hold a copy of our end, such as a child that is being started: hanging up must not wait for that.
  ::shutdown(socket_.get(), SHUT_RDWR);
}

Zygote::~Zygote() {
  if (pid_ < 0) return;
  hang_up();
  socket_.reset();
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace penstock::sandbox
