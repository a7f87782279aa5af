#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "engine/arbiter.h"
#include "store/records.h"

namespace penstock {

/// What a record must survive before anybody is told of it.
enum class Promise {
  crash_safe,  ///< `kill -9` of this program: written. Job starts, results of ordinary jobs.
  power_safe,  ///< A loss of power: synced. Gates, approvals, environments, parking, the end of a run.
};

/// An attempt that begins with a transition.
struct AttemptStart {
  std::string job;
  int attempt = 0;
};

/// An attempt that ends with a transition.
struct AttemptEnd {
  int64_t id = 0;
  std::string job;
  JobResult result;
};

/// The arbiter of the project as it was read.
struct ArbiterState {
  int64_t version = 0;
  Arbiter arbiter;
};

/// One step of a run: all of it becomes durable, or nothing. Its size is what changed, never the plan's or the
/// history's.
struct Transition {
  int64_t run = 0;
  int64_t expected_version = 0;  ///< The run's version that it follows.
  Instant at;
  std::vector<Event> events;
  std::vector<std::pair<size_t, JobState>> jobs;  ///< Those that changed, by index.
  RunRecord record;                               ///< The engine's own record of the run.
  RunSummary summary;
  std::vector<AttemptStart> started;
  std::vector<AttemptEnd> ended;
  std::vector<int64_t> inbox_taken;  ///< Posted events that were applied or refused.
  /// The arbiter after this step, with the version that it follows.
  std::optional<ArbiterState> arbiter;
  std::vector<std::pair<int64_t, Event>> posts;  ///< To other runs' inboxes: grants.
  std::vector<EnvironmentRecord> environments;
  Promise promise = Promise::crash_safe;
};

struct Committed {
  /// Nothing was written, for another run's transition has changed the arbiter since it was read: read it and try
  /// again.
  bool arbiter_moved = false;
  std::vector<int64_t> attempt_ids;  ///< Of `started`, in order.
};

/// Makes every transition of runs durable before anybody acts on it. Thread-safe, and safe for several processes on one
/// state folder.
///
/// The outbox needs no table of its own: what a transition's commands ask for can be told from what it wrote. An
/// attempt without a result is to be run (or was lost with its driver), a job that is `canceling` is to be stopped,
/// posts lie in the other run's inbox until its driver takes them, and the next due time is part of the summary.
class RunStore {
 public:
  virtual ~RunStore() = default;

  /// A new run with the next number, at version 0, ready to be driven.
  virtual Result<StoredRun> create(const NewRun& run) = 0;
  /// Fault::user where there is no such run.
  virtual Result<StoredRun> load(int64_t run) = 0;
  /// Its header alone; nothing where there is no such run.
  virtual Result<std::optional<RunHeader>> header(int64_t run) = 0;
  /// Compare and append: an Error (Fault::internal) where the run isn't at the expected version, which can't be while
  /// its driver holds the lease.
  virtual Result<Committed> commit(const Transition& transition) = 0;

  /// Leaves events for the run's driver, all of them or none, power-safe. Wake the driver afterwards
  /// (DriverLeases::wake), or become it.
  virtual Result<> post(int64_t run, const std::vector<Event>& events) = 0;
  /// What was left for the run, oldest first. Cheap when there is nothing.
  virtual Result<std::vector<Posted>> inbox(int64_t run) = 0;

  /// The attempt of that name that began last; nothing where none has.
  virtual Result<std::optional<AttemptRecord>> last_attempt(int64_t run, const std::string& job) = 0;

  virtual Result<ArbiterState> arbiter() = 0;
  /// The arbiter alone, with what it grants to runs: for claims of runs that are gone. False where another process was
  /// quicker.
  virtual Result<bool> change_arbiter(const ArbiterState& arbiter,
                                      const std::vector<std::pair<int64_t, Event>>& posts) = 0;
};

}  // namespace penstock
