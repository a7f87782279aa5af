#include "net/patience.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <limits>
#include <utility>

#include "os/errors.h"

namespace penstock::net {

struct Patience::Wake {
  Wake(std::stop_token stop, int fd) : callback(std::move(stop), [fd] { (void)::eventfd_write(fd, 1); }) {}
  std::stop_callback<std::function<void()>> callback;
};

Patience::Patience(Duration timeout, std::stop_token stop)
    : timeout_(timeout), deadline_(std::chrono::steady_clock::now() + timeout) {
  if (!stop.stop_possible()) return;
  stopped_.reset(::eventfd(0, EFD_CLOEXEC));
  wake_ = std::make_unique<Wake>(std::move(stop), stopped_.get());
}

Patience::~Patience() { wake_.reset(); }

Result<> Patience::wait(int fd, short events) const {
  while (true) {
    const auto left = std::chrono::ceil<Duration>(deadline_ - std::chrono::steady_clock::now()).count();
    pollfd ends[2] = {{fd, events, 0}, {stopped_.get(), POLLIN, 0}};
    const int milliseconds = static_cast<int>(std::clamp<int64_t>(left, 0, std::numeric_limits<int>::max()));
    const int ready = ::poll(ends, 2, milliseconds);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return os::system_error("can't wait for an answer", errno);
    if (ends[1].revents != 0) return Error{Fault::machine, "stopped", ""};
    if (ready == 0) return Error{Fault::machine, "no answer within " + to_words(timeout_), ""};
    return success();
  }
}

}  // namespace penstock::net
