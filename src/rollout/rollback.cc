#include <utility>
#include <variant>

#include "rollout/spec.h"
#include "rollout/steps.h"

namespace penstock {

namespace {

bool works(const RolloutSpec& spec) { return machine::steps_of(spec).ok(); }

}  // namespace

RolloutSpec for_rollback(RolloutSpec spec) {
  spec.analyse_bake = false;  // nobody wants the release back that it goes away from
  RolloutSpec quick = spec;
  if (std::holds_alternative<strategy::Recreate>(spec.strategy)) return spec;
  if (auto* rolling = std::get_if<strategy::Rolling>(&quick.strategy)) {
    rolling->batch = {};
    rolling->wait = {};
    return works(quick) ? quick : spec;
  }
  const auto* colours = std::get_if<strategy::BlueGreen>(&spec.strategy);
  quick.strategy = strategy::BlueGreen{false, false, colours ? colours->keep_old : Duration::zero()};
  if (works(quick)) return quick;
  quick.strategy = strategy::Rolling{{100, true}, {0, false}, {}, {}};
  return works(quick) ? quick : spec;
}

}  // namespace penstock
