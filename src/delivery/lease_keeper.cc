#include "delivery/lease_keeper.h"

#include <time.h>

#include <algorithm>
#include <utility>

namespace penstock {

LeaseKeeper::BootClock::time_point LeaseKeeper::BootClock::now() {
  timespec now{};
  (void)::clock_gettime(CLOCK_BOOTTIME, &now);
  return time_point(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

LeaseKeeper::LeaseKeeper(Ledger& ledger, LeaseHolder holder, Duration for_time,
                         std::function<void(const std::string&)> on_lost)
    : ledger_(ledger), for_time_(for_time), on_lost_(std::move(on_lost)), holder_(std::move(holder)) {}

LeaseKeeper::~LeaseKeeper() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  // A lease that can't be given back ends by itself.
  if (state_ == State::held) (void)ledger_.let_go(holder_);
}

Result<Ledger::Taken> LeaseKeeper::take(int64_t beyond) {
  std::unique_lock lock(mutex_);
  LeaseHolder holder = holder_;
  if (state_ == State::lost) return Ledger::Taken{false, {"somebody else", {}, {}, {}, 0}};
  holder.fence = std::max(holder.fence, beyond);
  lock.unlock();
  const auto asked = BootClock::now();
  PENSTOCK_TRY(Ledger::Taken taken, ledger_.take(holder, for_time_));
  if (!taken.taken) return taken;
  lock.lock();
  holder_ = taken.holder;
  ends_ = asked + for_time_;
  next_ = asked + for_time_ / 3;
  state_ = State::held;
  if (!thread_.joinable()) thread_ = std::thread([this] { keep(); });
  return taken;
}

bool LeaseKeeper::may_touch() {
  std::unique_lock lock(mutex_);
  while (state_ == State::held && !closed_ && BootClock::now() >= ends_) {
    doubted_ = true;  // the machine may have slept: the next renewal would come too late
    changed_.notify_all();
    changed_.wait(lock);
  }
  return state_ == State::held && !closed_;
}

int64_t LeaseKeeper::fence() {
  const std::lock_guard lock(mutex_);
  return holder_.fence;
}

void LeaseKeeper::refused(const std::string& for_whom) {
  std::unique_lock lock(mutex_);
  lose(lock, for_whom);
}

void LeaseKeeper::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

void LeaseKeeper::keep() {
  std::unique_lock lock(mutex_);
  while (state_ == State::held) {
    changed_.wait_until(lock, next_, [this] { return ending_ || doubted_ || state_ != State::held; });
    if (ending_ || state_ != State::held) return;
    doubted_ = false;
    renew(lock);
  }
}

void LeaseKeeper::renew(std::unique_lock<std::mutex>& lock) {
  const LeaseHolder holder = holder_;
  lock.unlock();
  const auto asked = BootClock::now();
  const Result<bool> renewed = ledger_.renew(holder, for_time_);
  lock.lock();
  if (renewed.ok() && *renewed) {
    ends_ = asked + for_time_;
    next_ = asked + for_time_ / 3;
    changed_.notify_all();
  } else if (!renewed.ok() && BootClock::now() < ends_) {
    next_ = std::min(BootClock::now() + for_time_ / 20, ends_);
  } else if (!renewed.ok()) {
    lose(lock, "nobody known: the lease could not be renewed (" + renewed.error().message + ")");
  } else {
    lock.unlock();
    const Result<std::optional<std::string>> by = ledger_.newer_than(holder.fence);
    lock.lock();
    lose(lock, by.ok() && *by ? **by : "somebody else");
  }
}

void LeaseKeeper::lose(std::unique_lock<std::mutex>& lock, const std::string& to) {
  if (state_ != State::held) return;
  state_ = State::lost;
  changed_.notify_all();
  lock.unlock();
  on_lost_(to);
  lock.lock();
}

}  // namespace penstock
