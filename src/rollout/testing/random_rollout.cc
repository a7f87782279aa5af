#include "rollout/testing/random_rollout.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace penstock::testing {

namespace {

using std::chrono::seconds;

Amount random_amount(Chance& chance) {
  if (chance.one_in(2)) return {chance.below(4), false};
  return {chance.below(5) * 25, true};
}

strategy::Canary random_canary(Chance& chance, bool steers) {
  strategy::Canary canary;
  canary.baseline = steers && chance.one_in(4);
  canary.background_analysis = chance.one_in(3);
  if (chance.one_in(4)) canary.instances = {1 + chance.below(2), false};
  const int highest = canary.instances.value > 0 ? 50 : 100;
  int weight = 0;
  const int steps = 1 + chance.below(5);
  for (int i = 0; i < steps; ++i) {
    switch (chance.below(6)) {
      case 0:
        canary.steps.push_back({strategy::CanaryStep::Pause{seconds(1 + chance.below(20))}});
        break;
      case 1:
        canary.steps.push_back({strategy::CanaryStep::Pause{}});
        break;
      case 2:
        canary.steps.push_back({strategy::CanaryStep::Analysis{seconds(1 + chance.below(20))}});
        break;
      case 3:
        if (steers) canary.steps.push_back({strategy::CanaryStep::Header{{"X-Canary", "yes"}}});
        break;
      default:
        weight += chance.below(highest - weight + 1);
        canary.steps.push_back({strategy::CanaryStep::Weight{weight}});
    }
  }
  return canary;
}

}  // namespace

Strategy random_strategy(Chance& chance, bool steers) {
  switch (chance.below(6)) {
    case 0:
      return strategy::Recreate{};
    case 1:
    case 2:
      return strategy::Rolling{
          random_amount(chance), random_amount(chance), {chance.below(3), false}, seconds(chance.below(2) * 5)};
    case 3:
      return strategy::BlueGreen{chance.one_in(3), chance.one_in(3), seconds(chance.below(3) * 10)};
    default:
      return random_canary(chance, steers);
  }
}

RolloutSpec random_rollout_spec(Chance& chance) {
  RolloutSpec spec;
  spec.environment = "production";
  spec.steers_traffic = !chance.one_in(4);
  spec.strategy = random_strategy(chance, spec.steers_traffic);
  const int hosts = 1 + chance.below(4);
  for (int i = 1; i <= hosts; ++i) {
    HostSlots host{"web-" + std::to_string(i), {}};
    const int ports = 1 + chance.below(4);
    for (int port = 0; port < ports; ++port) host.ports.push_back(8100 + port);
    spec.hosts.push_back(std::move(host));
  }
  spec.instances = 1 + chance.below(6);
  spec.health.start_within = seconds(10);
  spec.health.successes = 1 + chance.below(2);
  spec.health.failures = 2 + chance.below(2);
  spec.health.warm_up = seconds(chance.below(2) * 2);
  spec.drain = seconds(3);
  spec.deadline = std::chrono::minutes(8);
  spec.bake = seconds(chance.below(3) * 10);
  spec.analyse_bake = chance.one_in(3);
  spec.analysis_every = seconds(2 + chance.below(4));
  for (const char* point : {"before", "after_step", "before_switch", "after", "on_failure"})
    if (chance.one_in(4)) spec.hooks.emplace_back(point);
  return spec;
}

Mischief random_mischief(Chance& chance) {
  Mischief mischief;
  mischief.command_fails = chance.one_in(2) ? 30 : 0;
  mischief.answer_is_late = chance.one_in(2) ? 20 : 0;
  mischief.probe_flaps = chance.one_in(2) ? 12 : 0;
  mischief.instance_dies = chance.one_in(4) ? 300 : 0;
  mischief.host_dies = chance.one_in(6) ? 60 : 0;
  mischief.answered_twice = 10;
  return mischief;
}

RandomSetting random_setting(Chance& chance) {
  for (;;) {
    RolloutSpec spec = random_rollout_spec(chance);
    const std::string from = chance.one_in(10) ? "" : "old";
    auto rollout = Rollout::create(spec, from, "new");
    if (rollout.ok()) return {std::move(spec), from, std::move(*rollout)};
  }
}

}  // namespace penstock::testing
