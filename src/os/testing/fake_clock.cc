#include "os/testing/fake_clock.h"

namespace penstock::os {

FakeClock::FakeClock()
    : now_(std::chrono::sys_days{std::chrono::year{2026} / std::chrono::November / 21} + std::chrono::hours{12}) {}

Instant FakeClock::now() const {
  std::lock_guard lock(mutex_);
  return now_;
}

std::chrono::nanoseconds FakeClock::monotonic() const {
  std::lock_guard lock(mutex_);
  return monotonic_;
}

void FakeClock::advance(Duration by) {
  std::lock_guard lock(mutex_);
  now_ += by;
  monotonic_ += by;
}

void FakeClock::jump_to(Instant instant) {
  std::lock_guard lock(mutex_);
  now_ = instant;
}

}  // namespace penstock::os
