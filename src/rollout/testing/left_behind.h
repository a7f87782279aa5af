#pragma once

#include <string>

#include "rollout/spec.h"
#include "rollout/testing/world.h"

namespace penstock::testing {

/// A rollout by some strategy to `release` over what stands in the world, whose driver died on its way: at a pause, or
/// anywhere. False where it came further than that, to its end or to a promotion.
bool leave_behind(RolloutWorld& world, RolloutSpec spec, const std::string& release, Chance& chance);

}  // namespace penstock::testing
