#include "cli/resume.h"

namespace penstock {

Result<int> drive_run(Project& project, const World& world, int64_t run, int slots) {
  PENSTOCK_TRY(StoredRun stored, project.store().load(run));
  PENSTOCK_TRY(const Sealer sealer, open_sealer());
  PENSTOCK_TRY(RunContext context, unseal_context(stored.sealed_context, sealer));
  refresh_agent_sockets(context, world.environment);
  PENSTOCK_TRY(const std::unique_ptr<RunMachine> machine,
               RunMachine::make(project, world, {slots, context.environment, context.strict, context.no_network}));
  machine->prepare_sources(stored.header.facts);
  return drive_and_report(*machine, project, world, {std::move(stored), std::move(context)});
}

Result<int> post_and_drive(Project& project, const World& world, int64_t run, const std::vector<Event>& events,
                           const ResumeOptions& options) {
  PENSTOCK_CHECK(project.store().post(run, events));
  PENSTOCK_TRY(const bool driven, project.records.leases->is_driven(run));
  if (driven) {
    project.records.leases->wake(run);
    world.outputs.hint("the ci that drives run " + std::to_string(run) + " goes on with it");
    return static_cast<int>(kPassed);
  }
  if (!options.drive) return static_cast<int>(kPassed);
  return drive_run(project, world, run, options.slots);
}

}  // namespace penstock
