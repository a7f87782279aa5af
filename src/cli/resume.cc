#include "cli/resume.h"

#include "coordinator/post.h"

namespace penstock {

Result<int> drive_run(Project& project, const World& world, int64_t run, const ResumeOptions& options) {
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
