#include "coordinator/poll_waiter.h"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "os/clock.h"

namespace penstock {
namespace {

// A wall clock that jumps (a laptop that slept) must not make a run late for long.
constexpr std::chrono::milliseconds kLongestSleep = std::chrono::minutes(1);

}  // namespace

void PollWaiter::watch(int fd, std::function<void()> readable) {
  unwatch(fd);
  watches_.push_back({fd, std::make_shared<const std::function<void()>>(std::move(readable))});
}

void PollWaiter::unwatch(int fd) {
  std::erase_if(watches_, [fd](const Watch& watch) { return watch.fd == fd; });
}

void PollWaiter::every(Duration interval, std::function<void()> tick) {
  interval_ = interval;
  tick_ = std::move(tick);
  next_tick_ = clock_.monotonic() + interval;
}

void PollWaiter::tick_if_due() {
  if (interval_.count() == 0 || clock_.monotonic() < next_tick_) return;
  next_tick_ = clock_.monotonic() + interval_;
  tick_();
}

void PollWaiter::wait(std::optional<Instant> until) {
  std::chrono::milliseconds sleep = kLongestSleep;
  if (until) sleep = std::clamp<std::chrono::milliseconds>(*until - clock_.now(), Duration(0), sleep);
  if (interval_.count() != 0) {
    const auto tick = std::chrono::ceil<std::chrono::milliseconds>(next_tick_ - clock_.monotonic());
    sleep = std::clamp<std::chrono::milliseconds>(tick, Duration(0), sleep);
  }
  std::vector<pollfd> fds;
  fds.reserve(watches_.size());
  for (const Watch& watch : watches_) fds.push_back({watch.fd, POLLIN, 0});
  if (::poll(fds.data(), fds.size(), static_cast<int>(sleep.count())) > 0) {
    // A callback may change the list: each is called only while it is still in it.
    const std::vector<Watch> watches = watches_;
    for (size_t i = 0; i < fds.size(); ++i) {
      const bool still = std::any_of(watches_.begin(), watches_.end(),
                                     [&](const Watch& watch) { return watch.readable == watches[i].readable; });
      if (fds[i].revents != 0 && still) (*watches[i].readable)();
    }
  }
  tick_if_due();
}

}  // namespace penstock
