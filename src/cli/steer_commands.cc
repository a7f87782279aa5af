#include <string>

#include "cli/commands.h"
#include "cli/failure_report.h"
#include "cli/project.h"
#include "cli/resume.h"
#include "cli/rollout_steering.h"
#include "os/clock.h"

namespace penstock {
namespace {

/// The newest run that has not ended, for a command that means "the one that is going on".
Result<int64_t> open_run(Project& project, int64_t run, const char* what) {
  if (run != 0) return run;
  PENSTOCK_TRY(const std::vector<RunHeader> records, project.store().open_runs());
  if (records.empty())
    return Error{Fault::user, std::string("there is no run to ") + what, "see all runs with: ci list"};
  return records.front().id;
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
  return post_and_drive(project, world, id, {{world.clock.now(), event::CancelRequested{job, who}}}, {});
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
  return post_and_drive(project, world, id, {{world.clock.now(), event::RetryRequested{job, who}}}, {arguments.slots});
}

Result<int> resume(const ResumeArguments& arguments, const World& world) {
  PENSTOCK_TRY(Project project, open_project(world));
  if (arguments.run == 0) {
    PENSTOCK_TRY(std::vector<RolloutRecord> rollouts, unwatched_rollouts(project));
    PENSTOCK_TRY(const std::vector<RolloutRecord> outdated, outdated_rollouts(project, world.clock.now()));
    rollouts.insert(rollouts.end(), outdated.begin(), outdated.end());
    if (!rollouts.empty()) return resume_rollouts(project, world, rollouts);
  }
  PENSTOCK_TRY(const int64_t id, open_run(project, arguments.run, "resume"));
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
