#pragma once

#include <functional>
#include <map>
#include <string>

#include "coordinator/testing/fake_dispatcher.h"
#include "coordinator/waiter.h"
#include "os/testing/fake_clock.h"

namespace penstock::testing {

/// Waits in fake time: looks once at the watched descriptors, then moves the clock to what happens next. Throws
/// std::runtime_error where nothing ever would: the loop sleeps for good.
class FakeWaiter final : public Waiter {
 public:
  FakeWaiter(os::FakeClock& clock, const FakeDispatcher& dispatcher) : clock_(clock), dispatcher_(dispatcher) {}

  /// Called at each wait, before anything else: what other processes do meanwhile. True where it did something that
  /// wakes the loop.
  std::function<bool()> meanwhile;

  void watch(int fd, std::function<void()> readable) override { watches_[fd] = std::move(readable); }
  void unwatch(int fd) override { watches_.erase(fd); }
  void wait(std::optional<Instant> until) override;

 private:
  bool look();

  os::FakeClock& clock_;
  const FakeDispatcher& dispatcher_;
  std::map<int, std::function<void()>> watches_;
};

}  // namespace penstock::testing
