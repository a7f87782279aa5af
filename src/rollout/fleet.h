#pragma once

#include <optional>
#include <string>

#include "rollout/state.h"
#include "rollout/turn.h"

namespace penstock::machine {

/// May take traffic: up, ready, warmed up and not about to go.
[[nodiscard]] bool is_available(const RolloutState& state, const Member& member);
/// Something else than an old one that served when the rollout began: it keeps its traffic, but nothing is built on it
/// before its first probes.
[[nodiscard]] bool is_unproved(const Member& member);
[[nodiscard]] int count_available(const RolloutState& state);
[[nodiscard]] int count_available(const RolloutState& state, InstanceGroup group);
/// Up and not about to go, ready or not.
[[nodiscard]] int count_up(const RolloutState& state);
/// As many must serve at every instant, where so many did before.
[[nodiscard]] int floor_of(const RolloutState& state);

/// Where one more instance of the group can be started on this host.
[[nodiscard]] std::optional<InstanceAddress> free_slot(const RolloutState& state, const std::string& host);
/// Whether one more instance may stand without breaking what the strategy promises.
[[nodiscard]] bool has_room(const RolloutState& state);
/// The same for an old one that comes back to this host: what goes on another one that is down takes no room from it.
[[nodiscard]] bool has_room_back(const RolloutState& state, const std::string& host);
/// So many probes in a row have failed.
[[nodiscard]] bool is_ill(const RolloutState& state, const Member& member);
/// Nothing is ready there and old ones are ill, or new ones and a command has failed (new ones alone may be bad).
[[nodiscard]] bool seems_down(const RolloutState& state, const std::string& host);
/// Whether this one may go without breaking what the strategy promises.
[[nodiscard]] bool may_go(const RolloutState& state, const Member& member);

/// Decides which instances come and which go, on the way forward. True where something was decided.
bool plan_fleet(Turn& turn);
/// All that the current step wants of the instances is so.
[[nodiscard]] bool fleet_is_as_wanted(const RolloutState& state);

/// Takes each instance one step further on its way: prepared, started, drained, stopped. True where something moved.
bool move_members(Turn& turn);
/// What an answer means for the instance that it is about.
void on_prepared(Turn& turn, const rollout_command::Prepare& command);
void on_started(Turn& turn, const rollout_command::Start& command);
void on_drained(Turn& turn, const rollout_command::Drain& command);
void on_stopped(Turn& turn, const rollout_command::Stop& command);

}  // namespace penstock::machine
