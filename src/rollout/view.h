#pragma once

#include "rollout/rollout.h"
#include "rollout/state.h"

namespace penstock::machine {

RolloutView view_of(const RolloutState& state);

}  // namespace penstock::machine
