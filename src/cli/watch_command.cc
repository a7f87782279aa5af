#include <signal.h>

#include <string>

#include "cli/commands.h"
#include "cli/project.h"
#include "cli/resume.h"
#include "cli/when.h"
#include "coordinator/poll_waiter.h"
#include "os/clock.h"
#include "os/signals.h"

namespace penstock {
namespace {

/// Drives all that is due by now; the worst exit status of them.
Result<int> drive_due(Project& project, const World& world, int slots) {
  int worst = kPassed;
  PENSTOCK_TRY(const std::vector<RunHeader> due, project.store().due(world.clock.now()));
  for (const RunHeader& record : due) {
    PENSTOCK_TRY(const bool driven, project.records.leases->is_driven(record.id));
    if (driven) continue;
    PENSTOCK_TRY(const int status, drive_run(project, world, record.id, slots));
    worst = std::max(worst, status);
  }
  return worst;
}

/// When the next parked run is due.
Result<std::optional<Instant>> next_due(Project& project) {
  PENSTOCK_TRY(const std::vector<RunHeader> open, project.store().open_runs());
  std::optional<Instant> next;
  for (const RunHeader& record : open) {
    const auto& due = record.summary.due_at;
    if (due && (!next || *due < *next)) next = due;
  }
  return next;
}

Result<int> watch(const WatchArguments& arguments, const World& world) {
  PENSTOCK_TRY(Project project, open_project(world));
  PENSTOCK_TRY(int worst, drive_due(project, world, arguments.slots));
  if (arguments.once) return worst;
  PENSTOCK_TRY(os::SignalQueue signals, os::SignalQueue::open({SIGINT, SIGTERM}));
  PollWaiter waiter(world.clock);
  int stopped_by = 0;
  waiter.watch(signals.fd(), [&] {
    if (const auto signal = signals.next()) stopped_by = *signal;
  });
  while (stopped_by == 0) {
    PENSTOCK_TRY(const std::optional<Instant> due, next_due(project));
    if (!due) {
      world.outputs.hint("nothing is due");
      return worst;
    }
    world.outputs.hint("next run is due " + to_clock(*due, true));
    while (stopped_by == 0 && world.clock.now() < *due) waiter.wait(*due);
    if (stopped_by != 0) break;
    PENSTOCK_TRY(const int status, drive_due(project, world, arguments.slots));
    worst = std::max(worst, status);
  }
  return 128 + stopped_by;
}

}  // namespace

int execute(const WatchArguments& arguments, World& world) {
  const auto status = watch(arguments, world);
  return status ? *status : world.fail(status.error());
}

}  // namespace penstock
