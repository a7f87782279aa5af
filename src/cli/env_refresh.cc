#include "cli/delivery_desk.h"
#include "cli/env_commands.h"
#include "cli/table.h"
#include "cli/when.h"
#include "delivery/ledger.h"
#include "os/clock.h"

namespace penstock {
namespace {

/// Reads its journal anew from where it lives; what it says, and who holds it.
Result<std::vector<Table::Cell>> refresh(const EnvWork& work, DeliveryDesk& desk, const EnvironmentSpec& spec) {
  PENSTOCK_TRY(const EnvironmentAccess access, desk.access(spec));
  PENSTOCK_CHECK(work.project.store().drop_entries(spec.name));
  PENSTOCK_TRY(const std::vector<JournalEntry> journal, desk.deployments().refresh(spec.name, *access.ledger));
  PENSTOCK_TRY(const std::optional<LeaseHolder> holder, access.ledger->holder());
  const EnvironmentState state = environment_state(journal);
  std::string note = holder ? "held by " + holder->who + ": " + holder->what : std::string();
  return std::vector<Table::Cell>{spec.name, state.live ? state.live->name : "nothing",
                                  state.live ? to_when(state.live->at, work.world.clock.now()) : "",
                                  std::to_string(journal.size()), note};
}

}  // namespace

Result<int> refresh_environments(const EnvWork& work) {
  std::vector<EnvironmentSpec> specs;
  if (!work.arguments.name.empty()) {
    PENSTOCK_TRY(const EnvironmentFacts facts,
                 environment_facts(work.project, work.world, work.declared, work.arguments.name));
    if (facts.spec) specs.push_back(*facts.spec);
  } else if (work.declared) {
    for (const EnvironmentSpec& spec : work.declared->environments)
      if (spec.name.find('*') == std::string::npos) specs.push_back(spec);
  }
  std::erase_if(specs, [](const EnvironmentSpec& s) { return std::holds_alternative<std::monostate>(s.target); });
  if (specs.empty()) {
    return Error{Fault::user, "nothing declared here has a target that could be asked",
                 "give it one in .ci/environments.yml (docs/environments.md)"};
  }
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(work.project, work.world));
  Table table({{"ENVIRONMENT"}, {"LIVE"}, {"SINCE"}, {"ENTRIES", true}, {"NOTE", false, true}});
  int status = kPassed;
  for (const EnvironmentSpec& spec : specs) {
    Result<std::vector<Table::Cell>> row = refresh(work, *desk, spec);
    if (row) {
      table.add(std::move(*row));
    } else {
      status = work.world.fail(row.error());
    }
  }
  if (!table.empty())
    work.world.outputs.out.write(table.render(work.world.outputs.out.style, work.world.outputs.out.width()));
  return status;
}

}  // namespace penstock
