#include "rollout/taking_back.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "rollout/analysis.h"
#include "rollout/fleet.h"
#include "rollout/steps.h"
#include "rollout/traffic.h"

namespace penstock::machine {

namespace {

constexpr int kAbandoned = 10;  // a value of RolloutState::back_step

bool is_home(const Member& member, int home) {
  return member.instance.group == InstanceGroup::stable && member.home == home && !member.leaving;
}

bool is_kept(const RolloutState& state, int home) {
  return std::any_of(state.members.begin(), state.members.end(),
                     [&](const Member& each) { return is_home(each, home); });
}

/// Old instances that were about to go stay; what hasn't begun to start never will. What stood in for old ones goes as
/// the new ones do: when the old release can do without it.
void keep_what_stands(Turn& turn) {
  for (Member& member : turn.state.members) {
    const bool is_old = member.instance.group == InstanceGroup::stable && member.home >= 0;
    if (is_old && member.leaving && member.life != Member::Life::stopping) member.leaving = false;
    if (!is_old && !member.leaving && member.instance.group == InstanceGroup::stable)
      member.instance.group = InstanceGroup::incoming;
    if (!is_old && member.life == Member::Life::planned) member.leaving = true;
  }
}

/// What a failed rollout had asked for and nobody waits for any more.
void forget_pending(RolloutState& state) {
  std::erase_if(state.pending, [&](const Pending& each) {
    const auto& what = each.command.what;
    const bool is_shift = std::holds_alternative<rollout_command::Shift>(what);
    if (is_shift && each.retry_at) state.split_known = false;
    return std::holds_alternative<rollout_command::Measure>(what) ||
           std::holds_alternative<rollout_command::RunHook>(what) || (is_shift && each.retry_at);
  });
}

/// Where this one can come back: where it stood, else on the same host, else (where that leads no further) anywhere.
std::optional<InstanceAddress> place_for(const RolloutState& state, const InstanceAddress& home) {
  if (!find_member(state, home)) return home;
  if (const auto slot = free_slot(state, home.host)) return slot;
  if (state.desperate)
    for (const HostSlots& host : state.spec.hosts)
      if (const auto slot = free_slot(state, host.host)) return slot;
  return {};
}

bool restart_homes(Turn& turn) {
  RolloutState& state = turn.state;
  const bool exclusive = promise_of(state.spec).exclusive;
  bool any = false;
  for (int home = 0; home < static_cast<int>(state.homes.size()); ++home) {
    if (is_kept(state, home)) continue;
    const bool occupied = std::any_of(state.members.begin(), state.members.end(), [](const Member& each) {
      return each.instance.group == InstanceGroup::incoming;
    });
    if (exclusive && occupied) break;
    Member member;
    member.instance = state.homes[static_cast<size_t>(home)];
    const auto place = place_for(state, member.instance.address);
    if (!place || !has_room_back(state, place->host)) continue;
    member.instance.address = *place;
    member.home = home;
    add_member(state, std::move(member));
    any = true;
  }
  return any;
}

/// It was started and has not been ready yet, or not for long enough, or its first probes are under way. What becomes
/// ill later is not waited for. One that took too long is, as long as its last probe was a good one: another would have
/// to go in its place.
bool is_coming_up(const RolloutState& state, const Member& member) {
  if (is_unproved(member)) return true;
  if (member.life != Member::Life::up || member.leaving) return false;
  if (member.given_up) return !member.ready && member.streak > 0;
  if (!member.started_at) return member.home >= 0 && !member.ready && !is_ill(state, member);
  const bool is_late = *member.started_at + state.spec.health.start_within <= state.now;
  if (!member.ready_at) return member.instance.group == InstanceGroup::stable || !is_late;
  return member.ready && !is_available(state, member);
}

/// An old one that nobody should wait for before traffic goes back to the others: it is ill where it stands, or its
/// host is down. It is tried on.
bool is_lost(const RolloutState& state, int home) {
  for (const Member& member : state.members) {
    if (!is_home(member, home)) continue;
    if (member.life == Member::Life::up) return is_ill(state, member) && !is_coming_up(state, member);
    return seems_down(state, member.instance.address.host);
  }
  return seems_down(state, state.homes[static_cast<size_t>(home)].address.host);
}

bool old_is_at_strength(const RolloutState& state) {
  return state.homes.empty() || count_available(state, InstanceGroup::stable) >= enough_old_ones(state);
}

/// Whether this one may leave the taking back to the old release. The last that serves never goes before an old one
/// can.
bool may_leave(const RolloutState& state, const Member& member) {
  if (member.instance.group == InstanceGroup::baseline || old_is_at_strength(state)) return true;
  return promise_of(state.spec).exclusive || may_go(state, member);
}

/// Whether an old instance can't come back to this host before one of the new ones there has gone.
bool is_in_the_way(const RolloutState& state, const std::string& host) {
  if (free_slot(state, host)) return false;
  for (int home = 0; home < static_cast<int>(state.homes.size()); ++home)
    if (state.homes[static_cast<size_t>(home)].address.host == host && !is_kept(state, home)) return true;
  return false;
}

/// The one that had best go first: one that isn't ready, then one that is in an old one's way.
Member* next_to_leave(RolloutState& state) {
  Member* best = nullptr;
  std::pair<bool, bool> rank;
  for (Member& member : state.members) {
    if (member.leaving || member.instance.group == InstanceGroup::stable || !may_leave(state, member)) continue;
    const std::pair own{member.ready, !is_in_the_way(state, member.instance.address.host)};
    if (best && rank <= own) continue;
    best = &member;
    rank = own;
  }
  return best;
}

/// No other way leads back: one goes though it takes more than the strategy promises. The last that serves stays.
bool sacrifice_one(Turn& turn) {
  RolloutState& state = turn.state;
  for (Member& member : state.members) {
    if (member.leaving || member.instance.group == InstanceGroup::stable) continue;
    if (is_available(state, member) && count_available(state) == 1) continue;
    member.leaving = true;
    return true;
  }
  return false;
}

bool let_incoming_go(Turn& turn) {
  bool any = false;
  while (Member* member = next_to_leave(turn.state)) member->leaving = any = true;
  return any;
}

/// The old release stands as it did, as far as that could be brought about, and nothing of the new one is left.
bool is_clean(const RolloutState& state) {
  for (const Member& member : state.members) {
    if (member.instance.group != InstanceGroup::stable || member.leaving) return false;
    if (member.life != Member::Life::up) return false;
    if (is_coming_up(state, member)) return false;
  }
  for (int home = 0; home < static_cast<int>(state.homes.size()); ++home)
    if (!is_kept(state, home)) return false;
  return state.pending.empty() && split_is_as_wanted(state);
}

bool nothing_moves(const RolloutState& state) {
  const bool waits = std::any_of(state.members.begin(), state.members.end(), [&](const Member& each) {
    return each.life != Member::Life::up || each.leaving || is_coming_up(state, each);
  });
  return !waits && state.pending.empty() && split_is_as_wanted(state);
}

std::string all_troubles(const RolloutState& state) {
  std::string text;
  for (const std::string& each : state.troubles) text += (text.empty() ? "" : "; ") + each;
  return text;
}

bool has_hook(const RolloutState& state, const std::string& point) {
  return std::find(state.spec.hooks.begin(), state.spec.hooks.end(), point) != state.spec.hooks.end();
}

bool all_serve_from_old(const RolloutState& state) {
  if (state.homes.empty() || !old_is_at_strength(state) || !split_is_as_wanted(state)) return false;
  return std::none_of(state.members.begin(), state.members.end(), [&](const Member& each) {
    return each.instance.group != InstanceGroup::stable && each.life == Member::Life::up &&
           (!state.spec.steers_traffic || !each.leaving);
  });
}

/// Users have the old release back long before a host that is down has been tried for the last time.
void say_where_traffic_is(Turn& turn) {
  RolloutState& state = turn.state;
  if (state.is_back || !all_serve_from_old(state)) return;
  state.is_back = true;
  std::string hosts;
  for (const HostSlots& each : state.spec.hosts)
    if (seems_down(state, each.host)) hosts += (hosts.empty() ? "" : ", ") + each.host;
  turn.say("traffic is on " + short_name(state.from) + " again" +
           (hosts.empty() ? "" : "; " + hosts + " is still tried, to clean up there"));
}

/// Instances and traffic are back: the hook, the journal, the end.
bool finish_back(Turn& turn) {
  RolloutState& state = turn.state;
  if (!state.pending.empty()) return false;
  switch (++state.back_step) {
    case 1:
      if (has_hook(state, "on_failure")) turn.act(rollout_command::RunHook{"on_failure"});
      return true;
    case 2:
      turn.act(rollout_command::Record{rollout_command::Record::What::taken_back, state.to, state.reason});
      return true;
    default:
      if (!state.troubles.empty()) state.reason += "; " + all_troubles(state);
      end(turn, state.troubles.empty() ? RolloutPhase::taken_back : RolloutPhase::failed);
      return true;
  }
}

/// No way leads back: those that serve go on serving, and a person must look.
bool give_up(Turn& turn) {
  RolloutState& state = turn.state;
  if (state.back_step == 0) {
    state.back_step = kAbandoned;
    if (state.troubles.empty()) state.troubles.push_back("the old instances could not be brought back");
    turn.say("could not be taken back: " + all_troubles(state));
    turn.act(rollout_command::Record{rollout_command::Record::What::ended, state.to,
                                     state.reason + "; could not be taken back: " + all_troubles(state)});
    return true;
  }
  if (!state.pending.empty()) return false;
  state.reason += "; " + all_troubles(state);
  end(turn, RolloutPhase::failed);
  return true;
}

}  // namespace

int enough_old_ones(const RolloutState& state) {
  int homes = 0;
  for (int home = 0; home < static_cast<int>(state.homes.size()); ++home) homes += is_lost(state, home) ? 0 : 1;
  return std::max(1, std::min(floor_of(state), homes));
}

void abandon(Turn& turn) {
  if (turn.state.back_step == 0) give_up(turn);
}

void end(Turn& turn, RolloutPhase phase) {
  turn.state.phase = phase;
  turn.state.held_by.clear();
  turn.state.waiting_since.reset();
  end_looking(turn);
  for (const Member& member : turn.state.members)
    if (member.life == Member::Life::up) turn.watch(member.instance, false);
}

void fail(Turn& turn, const std::string& reason, const std::string& log) {
  RolloutState& state = turn.state;
  if (!is_forward(state)) return;
  state.reason = reason;
  state.log = log;
  state.held_by.clear();
  end_looking(turn);
  if (!state.touched && !turn.is_pending<rollout_command::Record>()) {
    state.pending.clear();
    turn.say("not begun: " + reason);
    return end(turn, RolloutPhase::taken_back);
  }
  turn.say("takes back: " + reason);
  state.phase = RolloutPhase::taking_back;
  state.touched = true;
  forget_pending(state);
  keep_what_stands(turn);
}

bool take_back(Turn& turn) {
  RolloutState& state = turn.state;
  if (state.phase != RolloutPhase::taking_back) return false;
  if (state.back_step >= kAbandoned) return give_up(turn);
  if (state.back_step > 0) return finish_back(turn);
  const bool went = let_incoming_go(turn);
  const bool came = restart_homes(turn);
  if (went || came) return true;
  say_where_traffic_is(turn);
  if (is_clean(state)) return finish_back(turn);
  if (!nothing_moves(state)) return false;
  if (state.desperate) return sacrifice_one(turn) || give_up(turn);
  state.desperate = true;
  return true;
}

}  // namespace penstock::machine
