#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "delivery/ledger.h"

namespace penstock {

/// Holds an environment's lease: takes it, renews it at a third of its time, and knows when it is lost: to another, or
/// because it ended before it could be renewed.
class LeaseKeeper {
 public:
  /// `on_lost` is called once, from the keeper's thread, with who has it now.
  LeaseKeeper(Ledger& ledger, LeaseHolder holder, Duration for_time, std::function<void(const std::string&)> on_lost);
  /// Lets the environment go, unless it was lost.
  ~LeaseKeeper();
  LeaseKeeper(const LeaseKeeper&) = delete;
  LeaseKeeper& operator=(const LeaseKeeper&) = delete;

  /// Takes it (again), with a fence greater than `beyond`; the answer as Ledger::take. Once it was lost it stays so.
  Result<Ledger::Taken> take(int64_t beyond = 0);
  /// Whether the target may be touched. Where the lease has run out and is being asked for, waits for what comes of it.
  [[nodiscard]] bool may_touch();
  [[nodiscard]] int64_t fence();
  /// A place that it is about says that this one has it.
  void refused(const std::string& for_whom);
  /// From here on nothing new may be touched, while the lease is still kept for what is under way.
  void close();

 private:
  /// Time that goes on while the machine sleeps, as the target's does.
  struct BootClock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<BootClock>;
    static constexpr bool is_steady = true;
    static time_point now();
  };
  enum class State { none, held, lost };

  void keep();
  void renew(std::unique_lock<std::mutex>& lock);
  void lose(std::unique_lock<std::mutex>& lock, const std::string& to);

  Ledger& ledger_;
  const Duration for_time_;
  const std::function<void(const std::string&)> on_lost_;
  std::mutex mutex_;
  std::condition_variable changed_;
  LeaseHolder holder_;
  State state_ = State::none;
  BootClock::time_point ends_;  ///< Never later than by the target's clock.
  BootClock::time_point next_;
  bool doubted_ = false;
  bool closed_ = false;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace penstock
