#pragma once

#include <map>

#include "rollout/instance.h"
#include "rollout/turn.h"

namespace penstock::machine {

/// The split that is right now.
[[nodiscard]] TrafficSplit wanted_split(const RolloutState& state);
/// The target has that split, or nothing steers traffic.
[[nodiscard]] bool split_is_as_wanted(const RolloutState& state);
/// Asks for the split that is right, one Shift at a time. True where it did.
bool shift_traffic(Turn& turn);
void on_shifted(Turn& turn, const rollout_command::Shift& command);
/// What each instance gets, as the target has told; where nothing steers traffic, what its number of ready instances
/// makes of it.
[[nodiscard]] std::map<InstanceAddress, int> weights_of(const RolloutState& state);

}  // namespace penstock::machine
