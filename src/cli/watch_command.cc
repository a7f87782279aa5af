#include <signal.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/project.h"
#include "cli/resume.h"
#include "cli/rollout_steering.h"
#include "cli/rollouts_of_runs.h"
#include "cli/watch_unit.h"
#include "cli/when.h"
#include "coordinator/poll_waiter.h"
#include "os/clock.h"
#include "os/signals.h"

namespace penstock {
namespace {

constexpr Duration kLook = std::chrono::seconds(1);  ///< At what another process drives.
/// A rollout that could not be driven is tried again, and what waits for people is asked about.
constexpr Duration kAgain = std::chrono::minutes(1);

/// Drives due runs one after the other. One that can't be driven (its key is gone, its folder is full) is told once and
/// left to `ci resume`: it must neither keep the others waiting nor be tried again and again.
class DueRuns {
 public:
  DueRuns(Project& project, const World& world, int slots) : project_(project), world_(world), slots_(slots) {}

  /// Drives all that is due by now, also what becomes due by that. False where a signal ended one of them.
  Result<bool> drive() {
    for (;;) {
      PENSTOCK_TRY(const bool goes_on, drive_rollouts());
      if (!goes_on) return false;
      PENSTOCK_TRY(const bool heard, hear());
      if (!heard) return false;
      PENSTOCK_CHECK(settle_where_some_have_ended());
      PENSTOCK_TRY(const std::vector<RunHeader> due, due_here());
      if (due.empty()) return true;
      for (const RunHeader& record : due) {
        // Before it may stand runs that only this process would drive: it lets go of it then.
        const ResumeOptions options{slots_, true, Duration{}, false};
        const Result<int> driven_here = drive_run(project_, world_, record.id, options);
        const int status = driven_here ? *driven_here : world_.fail(driven_here.error());
        if (status > kFailed) given_up_.insert(record.id);
        worst_ = std::max(worst_, status);
        if (status > kSignal) return false;
      }
    }
  }

  /// When the next one is due that this process may drive. What another one drives is that one's: it is looked at again
  /// a second later.
  Result<std::optional<Instant>> next() {
    std::optional<Instant> next;
    const Instant soon = world_.clock.now() + kLook;
    const auto consider = [&](Instant due) { next = next ? std::min(*next, due) : due; };
    PENSTOCK_TRY(const std::vector<RunHeader> open, project_.store().open_runs());
    for (const RunHeader& record : open) {
      if (!record.summary.due_at || given_up_.contains(record.id)) continue;
      PENSTOCK_TRY(const bool driven, project_.records.leases->is_driven(record.id));
      consider(driven ? std::max(*record.summary.due_at, soon) : *record.summary.due_at);
    }
    PENSTOCK_TRY(const std::vector<RolloutRecord> timed, timed_rollouts(project_));
    for (const RolloutRecord& record : timed) {
      PENSTOCK_TRY(const bool driven, project_.records.rollout_leases->is_driven(record.id));
      const Instant due = std::max(*record.summary.due_at, not_before(record));
      consider(driven ? std::max(due, soon) : due);
    }
    return next;
  }

  [[nodiscard]] int worst() const { return worst_; }

 private:
  /// A look at all of them takes long; it is worth it where one isn't open any more that was.
  Result<> settle_where_some_have_ended() {
    PENSTOCK_TRY(const std::vector<RolloutRecord> open, project_.store().open_rollouts());
    std::set<int64_t> ids;
    for (const RolloutRecord& record : open) ids.insert(record.id);
    if (open_rollouts_ && std::includes(ids.begin(), ids.end(), open_rollouts_->begin(), open_rollouts_->end()))
      return success();
    open_rollouts_ = std::move(ids);
    PENSTOCK_CHECK(settle_rollouts_of_runs(project_, world_));
    return success();
  }

  Result<std::vector<RunHeader>> due_here() {
    PENSTOCK_TRY(std::vector<RunHeader> due, project_.store().due(world_.clock.now()));
    std::vector<RunHeader> here;
    for (RunHeader& record : due) {
      PENSTOCK_TRY(const bool driven, project_.records.leases->is_driven(record.id));
      if (!driven && !given_up_.contains(record.id)) here.push_back(std::move(record));
    }
    return here;
  }

  /// When it may be tried again; the beginning of time where nobody has tried since it changed.
  [[nodiscard]] Instant not_before(const RolloutRecord& record) const {
    const auto tried = tried_.find({record.id, record.version});
    return tried == tried_.end() ? Instant() : tried->second + kAgain;
  }

  /// What people in other clones said, which no event tells: each look asks a target.
  Result<bool> hear() {
    const Instant now = world_.clock.now();
    if (now < heard_at_ + kAgain) return true;
    heard_at_ = now;
    PENSTOCK_TRY(const Answered answered, hear_answers(project_, world_));
    if (answered.empty()) return true;
    const Result<int> driven_here = go_on_with(project_, world_, answered, {slots_, true, Duration{}, false});
    const int status = driven_here ? *driven_here : world_.fail(driven_here.error());
    worst_ = std::max(worst_, status);
    return status <= kSignal;
  }

  Result<bool> drive_rollouts() {
    const Instant now = world_.clock.now();
    PENSTOCK_TRY(const std::vector<RolloutRecord> due, due_rollouts(project_, now));
    for (const RolloutRecord& record : due) {
      if (not_before(record) > now) continue;
      tried_[{record.id, record.version}] = now;
      const Result<int> driven_here = resume_rollouts(project_, world_, {record});
      const int status = driven_here ? *driven_here : world_.fail(driven_here.error());
      worst_ = std::max(worst_, status);
      if (status > kSignal) return false;
    }
    return true;
  }

  static constexpr int kSignal = 128;
  Project& project_;
  const World& world_;
  const int slots_;
  int worst_ = kPassed;
  Instant heard_at_;
  std::set<int64_t> given_up_;
  std::optional<std::set<int64_t>> open_rollouts_;        ///< When that was looked at last.
  std::map<std::pair<int64_t, int64_t>, Instant> tried_;  ///< Rollouts with their versions, and when.
};

/// Until then, or a signal (true). With `stay` also until it is time to look whether something has become due.
bool sleep_until(const std::optional<Instant>& due, bool stay, const World& world, Waiter& waiter, const int& signal) {
  const Instant look = world.clock.now() + kLook;
  const Instant until = !due ? look : stay ? std::min(*due, look) : *due;
  while (signal == 0 && world.clock.now() < until) waiter.wait(until);
  return signal != 0;
}

Result<int> watch(const WatchArguments& arguments, const World& world) {
  if (arguments.print_unit) return print_unit(world);
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
    if (!due && !arguments.stay) {
      world.outputs.hint("nothing is due");
      return runs.worst();
    }
    if (due && (!told || *due > *told + std::chrono::seconds(2)))
      world.outputs.hint("next run is due at " + to_start(*due, world.clock.now()));
    told = due;
    if (sleep_until(due, arguments.stay, world, waiter, stopped_by)) {
      // A service that is stopped has done what it was for.
      return arguments.stay ? static_cast<int>(kPassed) : 128 + stopped_by;
    }
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
