#include <signal.h>

#include "cli/answers.h"
#include "cli/run_machine.h"
#include "cli/run_model.h"
#include "cli/run_report.h"
#include "os/clock.h"

namespace penstock {
namespace {

int status_of(const DriveEnd& end, int interrupted_by) {
  if (interrupted_by != 0) return 128 + interrupted_by;
  switch (end.how) {
    case DriveEnd::How::ended:
      return end.status == Status::success || end.status == Status::skipped ? kPassed : kFailed;
    default:
      return kPassed;
  }
}

std::string warnings_hint(const StoredRun& run) {
  if (!run.header.summary.warnings) return {};
  return "passed with warnings: a job failed where that is allowed";
}

/// Failures with their reports, then one line a stage, then one hint.
Result<> report_end(Project& project, const World& world, int64_t id) {
  PENSTOCK_TRY(const StoredRun stored, project.store().load(id));
  PENSTOCK_TRY(const JobResults results, results_of(project, stored));
  PENSTOCK_TRY(const std::vector<Failure> failures, failures_of(project, stored, results));
  const Output& err = world.outputs.err;
  for (const Failure& failure : failures) err.write("\n" + failure_report(failure, err.style, err.width()));
  if (const std::string missed = not_reached(stored.run); !missed.empty()) err.write("  " + missed + "\n");
  if (!failures.empty()) err.write("\n");
  const Instant now = world.clock.now();
  world.outputs.out.write(final_lines(view_of(stored.run, results, {}, now), world.outputs.out.width()));
  const Result<std::string> asked = ask_for_run(project, world, stored);
  const bool ended = has_ended(stored.header.summary.status);
  if (!asked)
    world.outputs.warning((ended ? "what it asked people stands: " : "others can't see that it waits for them: ") +
                          asked.error().message);
  std::string hint = asked && !asked->empty() ? *asked : next_step(stored.run, now);
  if (hint.empty()) hint = warnings_hint(stored);
  if (!hint.empty()) world.outputs.hint(hint);
  return success();
}

}  // namespace

int drive_and_report(RunMachine& machine, Project& project, const World& world, DrivableRun run) {
  const int64_t id = run.stored.header.id;
  const auto who = local_actor(project);
  if (!who) return world.fail(who.error());
  const auto end = machine.drive(std::move(run), *who);
  if (!end) return world.fail(end.error());
  if (end->how == DriveEnd::How::elsewhere) {
    world.outputs.hint("run " + std::to_string(id) + " is driven by another ci, which goes on with it");
    return kPassed;
  }
  if (const auto reported = report_end(project, world, id); !reported) return world.fail(reported.error());
  return status_of(*end, machine.interrupted_by());
}

}  // namespace penstock
