#pragma once

#include <chrono>

#include "base/time.h"

namespace penstock::os {

/// The only source of time. `main` makes the system's; everybody else is handed one. Safe to ask from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  /// The wall clock: may jump. For what is stored and shown.
  [[nodiscard]] virtual Instant now() const = 0;
  /// Time that only goes forward, from an arbitrary start; it stands still while the machine sleeps. For timeouts and
  /// durations.
  [[nodiscard]] virtual std::chrono::nanoseconds monotonic() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override;
  [[nodiscard]] std::chrono::nanoseconds monotonic() const override;
};

}  // namespace penstock::os
