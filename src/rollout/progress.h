#pragma once

#include <optional>
#include <string>

#include "rollout/turn.h"

namespace penstock::machine {

/// After each event: takes everything as far as it goes.
void settle(Turn& turn);
/// When something happens by itself next.
[[nodiscard]] std::optional<Instant> next_due(const RolloutState& state);
/// The person or the freeze that it waits for, in words; empty: it doesn't.
[[nodiscard]] std::string waits_for(const RolloutState& state);
[[nodiscard]] const RolloutStep* current_step(const RolloutState& state);

}  // namespace penstock::machine
