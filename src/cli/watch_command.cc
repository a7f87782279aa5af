#include <signal.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <string>

#include "cli/commands.h"
#include "cli/project.h"
#include "cli/resume.h"
#include "cli/rollout_steering.h"
#include "cli/when.h"
#include "coordinator/poll_waiter.h"
#include "os/clock.h"
#include "os/signals.h"

namespace penstock {
namespace {

/// Drives due runs one after the other. One that can't be driven (its key is gone, its folder is full) is told once and
/// left to `ci resume`: it must neither keep the others waiting nor be tried again and again.
class DueRuns {
 public:
  DueRuns(Project& project, const World& world, int slots) : project_(project), world_(world), slots_(slots) {}

  /// Drives all that is due by now. False where a signal ended one of them.
  Result<bool> drive() {
    PENSTOCK_TRY(const bool goes_on, drive_rollouts());
    if (!goes_on) return false;
    PENSTOCK_TRY(const std::vector<RunHeader> due, project_.store().due(world_.clock.now()));
    for (const RunHeader& record : due) {
      PENSTOCK_TRY(const bool driven, project_.records.leases->is_driven(record.id));
      if (driven || given_up_.contains(record.id)) continue;
      const Result<int> driven_here = drive_run(project_, world_, record.id, {slots_, true, Duration{}});
      const int status = driven_here ? *driven_here : world_.fail(driven_here.error());
      if (status > kFailed) given_up_.insert(record.id);
      worst_ = std::max(worst_, status);
      if (status > kSignal) return false;
    }
    return true;
  }

  /// When the next one is due that this process may drive. What another one drives is that one's: it is looked at again
  /// a second later.
  Result<std::optional<Instant>> next() {
    PENSTOCK_TRY(const std::vector<RunHeader> open, project_.store().open_runs());
    PENSTOCK_TRY(std::optional<Instant> next, next_due_rollout(project_));
    for (const RunHeader& record : open) {
      std::optional<Instant> due = record.summary.due_at;
      if (!due || given_up_.contains(record.id)) continue;
      PENSTOCK_TRY(const bool driven, project_.records.leases->is_driven(record.id));
      if (driven) due = std::max(*due, world_.clock.now() + std::chrono::seconds(1));
      if (!next || *due < *next) next = due;
    }
    return next;
  }

  [[nodiscard]] int worst() const { return worst_; }

 private:
  Result<bool> drive_rollouts() {
    PENSTOCK_TRY(std::vector<RolloutRecord> due, due_rollouts(project_, world_.clock.now()));
    std::erase_if(due, [this](const RolloutRecord& record) {
      return !tried_.insert({record.id, record.version}).second;
    });
    if (due.empty()) return true;
    const Result<int> driven_here = resume_rollouts(project_, world_, due);
    const int status = driven_here ? *driven_here : world_.fail(driven_here.error());
    worst_ = std::max(worst_, status);
    return status <= kSignal;
  }

  static constexpr int kSignal = 128;
  Project& project_;
  const World& world_;
  const int slots_;
  int worst_ = kPassed;
  std::set<int64_t> given_up_;
  std::set<std::pair<int64_t, int64_t>> tried_;  ///< Rollouts with their versions: tried again when something changed.
};

Result<int> watch(const WatchArguments& arguments, const World& world) {
  PENSTOCK_TRY(Project project, open_project(world));
  DueRuns runs(project, world, arguments.slots);
  PENSTOCK_TRY(bool goes_on, runs.drive());
  if (arguments.once || !goes_on) return runs.worst();
  PENSTOCK_TRY(os::SignalQueue signals, os::SignalQueue::open({SIGINT, SIGTERM}));
  PollWaiter waiter(world.clock);
  int stopped_by = 0;
  waiter.watch(signals.fd(), [&] {
    if (const auto signal = signals.next()) stopped_by = *signal;
  });
  std::optional<Instant> told;
  while (goes_on) {
    PENSTOCK_TRY(const std::optional<Instant> due, runs.next());
    if (!due) {
      world.outputs.hint("nothing is due");
      return runs.worst();
    }
    if (!told || *due > *told + std::chrono::seconds(2))
      world.outputs.hint("next run is due at " + to_start(*due, world.clock.now()));
    told = due;
    while (stopped_by == 0 && world.clock.now() < *due) waiter.wait(*due);
    if (stopped_by != 0) return 128 + stopped_by;
    PENSTOCK_TRY(goes_on, runs.drive());
  }
  return runs.worst();
}

}  // namespace

int execute(const WatchArguments& arguments, World& world) {
  const auto status = watch(arguments, world);
  return status ? *status : world.fail(status.error());
}

}  // namespace penstock
