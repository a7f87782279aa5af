#pragma once

#include "base/result.h"
#include "rollout/turn.h"

namespace penstock::machine {

/// A person's wish, or why it can't be.
Result<> on_steered(Turn& turn, const rollout_event::Steered& steered);
void on_freeze(Turn& turn, const rollout_event::Freeze& freeze);

}  // namespace penstock::machine
