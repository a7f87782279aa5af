#pragma once

#include <mutex>

#include "os/clock.h"

namespace penstock::os {

/// A clock that stands still until it is told to move. Starts at 2026-11-21T12:00:00Z.
class FakeClock final : public Clock {
 public:
  FakeClock();
  [[nodiscard]] Instant now() const override;
  [[nodiscard]] std::chrono::nanoseconds monotonic() const override;
  /// Moves both times forward.
  void advance(Duration by);
  /// Sets the wall clock alone, as a correction of the machine's time does.
  void jump_to(Instant instant);

 private:
  mutable std::mutex mutex_;
  Instant now_;
  std::chrono::nanoseconds monotonic_{0};
};

}  // namespace penstock::os
