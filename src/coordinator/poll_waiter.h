#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "coordinator/waiter.h"

namespace penstock {
namespace os {
class Clock;
}

/// Sleeps in poll(2). Whoever has something else to do in the same thread (signals, a display) hooks it in here.
class PollWaiter final : public Waiter {
 public:
  explicit PollWaiter(const os::Clock& clock) : clock_(clock) {}

  void watch(int fd, std::function<void()> readable) override;
  void unwatch(int fd) override;
  void wait(std::optional<Instant> until) override;

  /// Calls `tick` every `interval` while the loop waits: a display that counts seconds. An interval of zero ends it.
  void every(Duration interval, std::function<void()> tick);

 private:
  struct Watch {
    int fd = -1;
    std::shared_ptr<const std::function<void()>> readable;
  };
  void tick_if_due();

  const os::Clock& clock_;
  std::vector<Watch> watches_;
  Duration interval_{};
  std::chrono::nanoseconds next_tick_{};
  std::function<void()> tick_;
};

}  // namespace penstock
