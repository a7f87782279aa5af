#pragma once

#include <functional>
#include <optional>

#include "base/time.h"

namespace penstock {

/// How the loop sleeps. One thread: callbacks run inside `wait`.
class Waiter {
 public:
  virtual ~Waiter() = default;
  /// Calls `readable` whenever the descriptor is. The descriptor stays its owner's.
  virtual void watch(int fd, std::function<void()> readable) = 0;
  virtual void unwatch(int fd) = 0;
  /// Blocks until a watched descriptor was readable (its callback has run), or that moment has come, or for no reason
  /// at all.
  virtual void wait(std::optional<Instant> until) = 0;
};

}  // namespace penstock
