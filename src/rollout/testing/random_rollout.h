#pragma once

#include "rollout/spec.h"
#include "rollout/testing/world.h"

namespace penstock::testing {

/// An environment made up by chance: hosts, ports, a strategy with quick waits. Not every one can work.
RolloutSpec random_rollout_spec(Chance& chance);

}  // namespace penstock::testing
