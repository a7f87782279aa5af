#include "cli/resume.h"

#include <algorithm>

#include "cli/rollouts_of_runs.h"
#include "coordinator/post.h"

namespace penstock {

namespace {

/// The parent that waits for this run, where it has news of it that nobody looks at; else 0.
Result<int64_t> parent_to_drive(Project& project, int64_t run) {
  PENSTOCK_TRY(const std::optional<RunHeader> child, project.store().header(run));
  if (!child || !child->facts.parent.waits) return int64_t{0};
  const int64_t parent = child->facts.parent.run;
  PENSTOCK_TRY(const std::optional<RunHeader> header, project.store().header(parent));
  if (!header || has_ended(header->summary.status)) return int64_t{0};
  PENSTOCK_TRY(const std::vector<Posted> inbox, project.store().inbox(parent));
  PENSTOCK_TRY(const bool driven, project.records.leases->is_driven(parent));
  return inbox.empty() || driven ? int64_t{0} : parent;
}

Result<int> drive_one(Project& project, const World& world, int64_t run, const ResumeOptions& options) {
  PENSTOCK_TRY(StoredRun stored, project.store().load(run));
  PENSTOCK_TRY(const Sealer sealer, open_sealer());
  PENSTOCK_TRY(RunContext context, unseal_context(stored.sealed_context, sealer));
  refresh_agent_sockets(context, world.environment);
  PENSTOCK_TRY(const std::unique_ptr<RunMachine> machine,
               RunMachine::make(project, world,
                                {options.slots, context.environment, context.strict, context.no_network,
                                 options.waits_for_due, options.waits_for_undriven}));
  machine->prepare_sources(stored.header.facts);
  return drive_and_report(*machine, project, world, {std::move(stored), std::move(context)});
}

}  // namespace

Result<int> drive_run(Project& project, const World& world, int64_t run, const ResumeOptions& options) {
  for (;;) {
    PENSTOCK_TRY(const int status, drive_one(project, world, run, options));
    PENSTOCK_TRY(const std::vector<int64_t> again, settle_rollouts_of_runs(project, world));
    if (std::find(again.begin(), again.end(), run) != again.end()) continue;  // a rollout ended as it let go of it
    PENSTOCK_TRY(run, parent_to_drive(project, run));
    if (run == 0) return status;
  }
}

Result<int> post_and_drive(Project& project, const World& world, int64_t run, const std::vector<Event>& events,
                           const ResumeOptions& options) {
  PENSTOCK_TRY(const bool driven, post(project.store(), *project.records.leases, run, events));
  if (driven) {
    world.outputs.hint("the ci that drives run " + std::to_string(run) + " goes on with it");
    return static_cast<int>(kPassed);
  }
  if (!options.drive) return static_cast<int>(kPassed);
  return drive_run(project, world, run, options);
}

}  // namespace penstock
