#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "rollout/state.h"

namespace penstock::machine {

/// One event's turn: the state, the time, and the commands that come of it.
struct Turn {
  RolloutState& state;
  Instant now;
  std::vector<RolloutCommand> commands;

  /// Gives a command; all but Watch and Say are pending until they are answered.
  void act(decltype(RolloutCommand::what) what, int tries = 1);
  void say(std::string text);
  void watch(const Instance& instance, bool on);

  template <class Command>
  [[nodiscard]] bool is_pending() const {
    return std::any_of(state.pending.begin(), state.pending.end(),
                       [](const Pending& each) { return std::holds_alternative<Command>(each.command.what); });
  }
};

/// Gives the commands again whose time to be tried again has come.
void retry_due(Turn& turn);

Member* find_member(RolloutState& state, const InstanceAddress& address);
const Member* find_member(const RolloutState& state, const InstanceAddress& address);
Member& add_member(RolloutState& state, Member member);  ///< Keeps the order; invalidates other references.
void erase_member(RolloutState& state, const InstanceAddress& address);

[[nodiscard]] inline bool is_forward(const RolloutState& state) {
  return state.phase == RolloutPhase::created || state.phase == RolloutPhase::preparing ||
         state.phase == RolloutPhase::rolling_out || state.phase == RolloutPhase::baking;
}

/// `web-1:8101`.
std::string name_of(const InstanceAddress& address);
/// The first 12 digits, as people write a release.
std::string short_name(const std::string& release);

}  // namespace penstock::machine
