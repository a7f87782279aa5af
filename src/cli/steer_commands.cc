#include <string>

#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/failure_report.h"
#include "cli/project.h"
#include "cli/resume.h"
#include "cli/rollout_steering.h"
#include "cli/rollouts_of_runs.h"
#include "os/clock.h"
#include "rollout/rollout.h"

namespace penstock {
namespace {

/// The newest run that has not ended, for a command that means "the one that is going on".
Result<int64_t> open_run(Project& project, int64_t run, const char* what) {
  if (run != 0) return run;
  PENSTOCK_TRY(const std::vector<RunHeader> records, project.store().open_runs());
  if (records.empty())
    return Error{Fault::user, std::string("there is no run to ") + what, "see all runs with: ci list"};
  for (const RunHeader& record : records) {
    if (record.facts.parent.run == 0) return record.id;  // whoever means a child says so
  }
  return records.front().id;
}

/// The run and those that its jobs have started, their parents first.
Result<> add_family(Project& project, int64_t run, std::vector<int64_t>& family) {
  family.push_back(run);
  PENSTOCK_TRY(const std::vector<RunHeader> children, project.store().children(run));
  for (const RunHeader& child : children) {
    if (!has_ended(child.summary.status)) PENSTOCK_CHECK(add_family(project, child.id, family));
  }
  return success();
}

/// Cancels a run with its children. Where nobody drives one, this process does.
Result<int> cancel_family(Project& project, const World& world, int64_t run, const Actor& who) {
  std::vector<int64_t> family;
  PENSTOCK_CHECK(add_family(project, run, family));
  int status = kPassed;
  for (const int64_t one : family) {
    PENSTOCK_TRY(const int ended,
                 post_and_drive(project, world, one, {{world.clock.now(), event::CancelRequested{{}, who}}}, {}));
    if (one == run) status = ended;
  }
  return status;
}

/// A run that goes on again after its end takes the jobs along that had waited for it. Returns the run to drive: the
/// first of its family, in which the others are driven.
Result<int64_t> go_on_above(Project& project, const World& world, int64_t run, const Actor& who) {
  for (;;) {
    PENSTOCK_TRY(const std::optional<RunHeader> header, project.store().header(run));
    if (!header || !header->facts.parent.waits) return run;
    const ParentJob& parent = header->facts.parent;
    PENSTOCK_TRY(const StoredRun above, project.store().load(parent.run));
    const std::optional<size_t> job = above.run.index_of(parent.job);
    if (!job || !has_ended(above.run.state(*job).status)) return run;
    PENSTOCK_CHECK(project.store().post(parent.run, {{world.clock.now(), event::RetryRequested{parent.job, who}}}));
    run = parent.run;
  }
}

Result<int> cancel(const CancelArguments& arguments, const World& world) {
  PENSTOCK_TRY(Project project, open_project(world));
  PENSTOCK_TRY(const int64_t id, open_run(project, arguments.run, "cancel"));
  std::string job;
  if (!arguments.job.empty()) {
    PENSTOCK_TRY(const RunJob found, find_job(project, id, arguments.job));
    job = found.run.run.job(found.index).name;
  }
  PENSTOCK_TRY(const Actor who, local_actor(project));
  world.outputs.err.write("canceling " +
                          (job.empty() ? "run " + std::to_string(id) : job + " in run " + std::to_string(id)) + "\n");
  PENSTOCK_TRY(const int status,
               job.empty()
                   ? cancel_family(project, world, id, who)
                   : post_and_drive(project, world, id, {{world.clock.now(), event::CancelRequested{job, who}}}, {}));
  PENSTOCK_CHECK(settle_rollouts_of_runs(project, world));
  return status;
}

Result<int> retry(const RetryArguments& arguments, const World& world) {
  PENSTOCK_TRY(Project project, open_project(world));
  PENSTOCK_TRY(const Actor who, local_actor(project));
  std::string job;
  int64_t id = arguments.run;
  if (arguments.job.empty()) {
    PENSTOCK_TRY(const StoredRun stored, load_run(project, id));
    id = stored.header.id;
  } else {
    PENSTOCK_TRY(const RunJob found, find_job(project, id, arguments.job));
    job = found.run.run.job(found.index).name;
    id = found.run.header.id;
  }
  PENSTOCK_CHECK(project.store().post(id, {{world.clock.now(), event::RetryRequested{job, who}}}));
  PENSTOCK_TRY(const int64_t above, go_on_above(project, world, id, who));
  return post_and_drive(project, world, above, {}, {arguments.slots});
}

/// Of a rollout that could not be taken back everywhere nothing goes on by itself: says what is left.
Error nothing_to_resume(Project& project, Error none) {
  const auto newest = project.store().rollouts("", 1);
  if (!newest.ok() || newest->empty()) return none;
  const RolloutRecord& record = newest->front();
  if (record.summary.phase != to_string(RolloutPhase::failed) || !record.summary.began_at) return none;
  const std::string& environment = record.facts.environment;
  return {none.fault,
          none.message + "; the last rollout to " + environment + " has ended, and left: " + record.summary.reason,
          "the next one clears it: ci deploy " + environment};
}

Result<int> resume(const ResumeArguments& arguments, const World& world) {
  PENSTOCK_TRY(Project project, open_project(world));
  if (arguments.run == 0) {
    PENSTOCK_TRY(std::vector<RolloutRecord> rollouts, unwatched_rollouts(project));
    PENSTOCK_TRY(const std::vector<RolloutRecord> outdated, outdated_rollouts(project, world.clock.now()));
    rollouts.insert(rollouts.end(), outdated.begin(), outdated.end());
    PENSTOCK_TRY(Answered answered, hear_answers(project, world));
    answered.rollouts.insert(answered.rollouts.begin(), rollouts.begin(), rollouts.end());
    if (!answered.empty()) return go_on_with(project, world, answered, {arguments.slots});
    PENSTOCK_TRY(const std::vector<int64_t> told, settle_rollouts_of_runs(project, world));
    if (!told.empty()) return drive_run(project, world, told.front(), {arguments.slots});
  }
  const auto open = open_run(project, arguments.run, "resume");
  if (!open.ok()) return nothing_to_resume(project, open.error());
  const int64_t id = *open;
  PENSTOCK_TRY(const bool driven, project.records.leases->is_driven(id));
  if (driven) {
    const std::optional<int> pid = project.records.leases->driver(id);
    return Error{
        Fault::user,
        "run " + std::to_string(id) + " is being driven already" + (pid ? " by process " + std::to_string(*pid) : ""),
        "see it with: ci show " + std::to_string(id)};
  }
  return drive_run(project, world, id, {arguments.slots});
}

}  // namespace

int execute(const CancelArguments& arguments, World& world) {
  const auto status = cancel(arguments, world);
  return status ? *status : world.fail(status.error());
}

int execute(const RetryArguments& arguments, World& world) {
  const auto status = retry(arguments, world);
  return status ? *status : world.fail(status.error());
}

int execute(const ResumeArguments& arguments, World& world) {
  const auto status = resume(arguments, world);
  return status ? *status : world.fail(status.error());
}

}  // namespace penstock
