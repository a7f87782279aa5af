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
    elsewhere,  ///< Another process drives it, and has been woken.
  };
  How how = How::ended;
  Status status = Status::created;
  bool warnings = false;
  std::optional<Instant> due_at;
};

/// What a drive waits for where nothing runs, rather than parking. For a person it never waits.
struct Patience {
  Duration due_within{};   ///< For a delayed job that is due within this time.
  bool resources = false;  ///< For the resources that other runs hold.
  /// Also for those that only runs stand before which nobody drives: somebody else must go on with these.
  bool undriven = true;
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
  /// driver died goes on from what is durable: jobs that were running are told to the engine as lost. An Error: the
  /// store failed. Attempts that ran were killed, and what is durable can be resumed.
  Result<DriveEnd> drive(StoredRun run, Patience patience);
  Result<DriveEnd> drive(int64_t run, Patience patience);

  /// The next three steer the run that is driven. For callbacks of the waiter and the observer: the same thread.
  /// Lets go of the run if it waits for nothing but a later time (true): it is parked. Else nothing happens (false).
  bool leave();
  /// Cancels the run as a person would: after_script still runs.
  void cancel(const Actor& by);
  /// Ends everything that runs at once. The run ends as cancelled.
  void kill(const Actor& by);

 private:
  CoordinatorParts parts_;
  std::unique_ptr<Steering> steering_;
};

}  // namespace penstock
