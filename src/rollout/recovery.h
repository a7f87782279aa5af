#pragma once

#include "rollout/turn.h"

namespace penstock::machine {

/// The first begins the rollout with what stands there; a later one (a new driver) compares it with what is believed.
void on_observed(Turn& turn, const rollout_event::Observed& observed);

}  // namespace penstock::machine
