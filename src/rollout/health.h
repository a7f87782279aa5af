#pragma once

#include <optional>

#include "rollout/turn.h"

namespace penstock::machine {

/// Counts one probe: so many successes in a row make an instance ready, so many failures unready.
void on_probed(Turn& turn, const rollout_event::Probed& probed);
/// Takes the rollout back where a new instance isn't well: not ready in time, or no longer ready. True where one was
/// found.
bool check_health(Turn& turn);
/// When a start's time or a warm-up ends next.
[[nodiscard]] std::optional<Instant> next_health_due(const RolloutState& state);

}  // namespace penstock::machine
