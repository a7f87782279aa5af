#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/result.h"
#include "base/time.h"
#include "engine/event.h"
#include "engine/status.h"
#include "store/records.h"

namespace penstock {

class Dispatcher;
class DriverLeases;
class LogStore;
class Observer;
class RunStore;
struct Steering;
class Waiter;
namespace os {
class Clock;
}

/// All that the loop needs, handed in.
struct CoordinatorParts {
  RunStore& store;
  DriverLeases& leases;
  const LogStore& logs;  ///< For the addresses that jobs are told; logs go from the runner to the store.
  Dispatcher& dispatcher;
  Waiter& waiter;
  const os::Clock& clock;
  Observer& observer;
};

/// How far a run was driven.
struct DriveEnd {
  enum class How {
    ended,      ///< It came to an end: `status`. Optional manual jobs may be left.
    parked,     ///< Waits for a person, for `due_at`, or for another run's resource.
    detached,   ///< `detach` was asked for; it stands as it is and can be resumed.
    elsewhere,  ///< Another process drives it, and has been woken.
  };
  How how = How::ended;
  Status status = Status::created;
  bool warnings = false;
  std::optional<Instant> due_at;
};

/// The one loop: take what has happened, ask the engine, commit the transition, and only then act. Drives one run at a
/// time, in the calling thread, and holds its lease meanwhile.
///
/// One transaction covers all events at hand: where one job ends and the next begins, that is one commit. Jobs take
/// slots as the dispatcher has them free, oldest first.
class Coordinator {
 public:
  explicit Coordinator(const CoordinatorParts& parts);
  ~Coordinator();

  /// Drives the run until it has ended or nothing can happen without a person, a later time or another run. A run whose
  /// driver died goes on from what is durable: jobs that were running are told to the engine as lost. With `stay`,
  /// waits for a due time or a resource instead of parking (what `ci run` does for delayed jobs and resource groups; a
  /// manual gate always parks). An Error: the store failed. Attempts that ran were killed, and what is durable can be
  /// resumed.
  Result<DriveEnd> drive(StoredRun run, bool stay);
  Result<DriveEnd> drive(int64_t run, bool stay);

  /// Leaves an event for a run and wakes its driver where one lives (true); where none does (false), the caller drives
  /// it next.
  Result<bool> post(int64_t run, const Event& event);

  /// The next three steer the run that is driven. For callbacks of the waiter and the observer: the same thread.
  /// Cancels the run as a person would: after_script still runs.
  void cancel(const Actor& by);
  /// Ends everything that runs at once. The run ends as cancelled.
  void kill(const Actor& by);
  /// Lets what runs come to its end, starts nothing more, and returns.
  void detach();

 private:
  CoordinatorParts parts_;
  std::unique_ptr<Steering> steering_;
};

}  // namespace penstock
