#include "rollout/testing/left_behind.h"

#include <optional>
#include <utility>

#include "rollout/rollout.h"
#include "rollout/testing/random_rollout.h"

namespace penstock::testing {

namespace {

std::optional<Rollout> some_rollout(RolloutSpec spec, const std::string& release, Chance& chance) {
  for (int i = 0; i < 10; ++i) {
    spec.strategy = random_strategy(chance, spec.steers_traffic);
    if (auto rollout = Rollout::create(spec, "old", release); rollout.ok()) return std::move(*rollout);
  }
  return {};
}

bool has_promoted(const RolloutWorld& world) {
  for (const rollout_command::Record& each : world.journal())
    if (each.what == rollout_command::Record::What::promoted) return true;
  return false;
}

}  // namespace

bool leave_behind(RolloutWorld& world, RolloutSpec spec, const std::string& release, Chance& chance) {
  auto rollout = some_rollout(std::move(spec), release, chance);
  if (!rollout) return false;
  std::optional<RolloutEvent> event = RolloutEvent{world.now(), world.observe()};
  for (int i = chance.below(150); i > 0 && event && rollout->phase() != RolloutPhase::paused; --i) {
    const auto commands = rollout->apply(*event);
    if (!commands.ok()) return false;
    for (const RolloutCommand& command : *commands) world.act(command);
    event = world.next(rollout->next_due());
  }
  if (is_end(rollout->phase())) return false;
  world.driver_dies();
  return !has_promoted(world);
}

}  // namespace penstock::testing
