#include "rollout/fleet.h"

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "rollout/steps.h"

namespace penstock::machine {

namespace {

/// The index of a host in the spec; behind all of them for one that it doesn't name.
int host_index(const RolloutState& state, const std::string& host) {
  int index = 0;
  for (const HostSlots& each : state.spec.hosts) {
    if (each.host == host) return index;
    ++index;
  }
  return index;
}

bool in_scope(const RolloutState& state, const std::string& host) {
  return host_index(state, host) < state.scope || state.scope == static_cast<int>(state.spec.hosts.size());
}

int count_on(const RolloutState& state, const std::string& host, InstanceGroup group) {
  return static_cast<int>(std::count_if(state.members.begin(), state.members.end(), [&](const Member& each) {
    return each.instance.address.host == host && each.instance.group == group && !each.leaving;
  }));
}

/// The incoming or baseline instances that stay.
int count_staying(const RolloutState& state, InstanceGroup group) {
  return static_cast<int>(std::count_if(state.members.begin(), state.members.end(), [&](const Member& each) {
    return each.instance.group == group && !each.leaving && in_scope(state, each.instance.address.host);
  }));
}

/// The host with the fewest instances of the group that has a free slot, of those that have fewer than their quota.
std::optional<InstanceAddress> best_slot(const RolloutState& state, InstanceGroup group,
                                         const std::vector<int>& quota) {
  std::optional<InstanceAddress> best;
  int fewest = 0;
  for (int i = 0; i < state.scope; ++i) {
    const std::string& host = state.spec.hosts[static_cast<size_t>(i)].host;
    const int have = count_on(state, host, group);
    if (have >= quota[static_cast<size_t>(i)] || (best && have >= fewest)) continue;
    const auto slot = free_slot(state, host);
    if (!slot) continue;
    best = slot;
    fewest = have;
  }
  return best;
}

/// Incoming instances keep to an even spread where they can; those that stand beside the old ones go where there is
/// room.
std::optional<InstanceAddress> best_slot(const RolloutState& state, InstanceGroup group) {
  const auto even = best_slot(state, group, spread(state.spec, state.spec.instances));
  if (even || state.keep_old) return even;
  return best_slot(state, group, std::vector<int>(state.spec.hosts.size(), state.spec.instances));
}

bool stands(const RolloutState& state, InstanceGroup group) {
  return std::any_of(state.members.begin(), state.members.end(),
                     [&](const Member& each) { return each.instance.group == group; });
}

bool start_incoming(Turn& turn) {
  RolloutState& state = turn.state;
  bool any = false;
  while (count_staying(state, InstanceGroup::incoming) < state.want_incoming) {
    if (promise_of(state.spec).exclusive && stands(state, InstanceGroup::stable)) break;
    if (!has_room(state)) break;
    const auto slot = best_slot(state, InstanceGroup::incoming);
    if (!slot) break;
    Member member;
    member.instance = {*slot, state.to, InstanceGroup::incoming};
    add_member(state, std::move(member));
    any = true;
  }
  return any;
}

bool start_or_end_baseline(Turn& turn) {
  RolloutState& state = turn.state;
  bool any = false;
  while (count_staying(state, InstanceGroup::baseline) < state.want_baseline) {
    const auto slot = best_slot(state, InstanceGroup::baseline);
    if (!slot) break;
    Member member;
    member.instance = {*slot, state.from, InstanceGroup::baseline};
    add_member(state, std::move(member));
    any = true;
  }
  if (state.want_baseline > 0) return any;
  for (Member& member : state.members) {
    if (member.instance.group != InstanceGroup::baseline || member.leaving) continue;
    member.leaving = any = true;
  }
  return any;
}

/// Whether a host has old instances only because there is no port for the new ones beside them.
bool is_in_the_way(const RolloutState& state, const std::string& host, const std::vector<int>& quota) {
  const auto index = static_cast<size_t>(host_index(state, host));
  if (index >= quota.size()) return false;
  return count_on(state, host, InstanceGroup::incoming) < quota[index] && !free_slot(state, host);
}

/// The old instance that had best go first: one that isn't ready, then one that is in a new one's way.
Member* first_to_go(RolloutState& state) {
  const std::vector<int> quota = spread(state.spec, state.spec.instances);
  Member* best = nullptr;
  std::tuple<bool, bool, int> rank;
  for (Member& member : state.members) {
    if (member.instance.group != InstanceGroup::stable || member.leaving) continue;
    const std::string& host = member.instance.address.host;
    if (!in_scope(state, host)) continue;
    const std::tuple own{is_available(state, member), !is_in_the_way(state, host, quota), host_index(state, host)};
    if (best && rank <= own) continue;
    best = &member;
    rank = own;
  }
  return best;
}

bool let_old_go(Turn& turn) {
  RolloutState& state = turn.state;
  if (!state.keep_old) return false;
  bool any = false;
  while (count_staying(state, InstanceGroup::stable) > *state.keep_old) {
    Member* member = first_to_go(state);
    if (!member || !may_go(state, *member)) break;
    member->leaving = any = true;
  }
  return any;
}

/// What stands in for old instances (without a home of its own) goes where it is more than they were.
bool let_surplus_go(Turn& turn) {
  RolloutState& state = turn.state;
  bool any = false;
  for (Member& member : state.members) {
    if (member.instance.group != InstanceGroup::stable || member.home >= 0 || member.leaving) continue;
    const int others = count_available(state, InstanceGroup::stable) - (is_available(state, member) ? 1 : 0);
    if (others >= static_cast<int>(state.homes.size())) member.leaving = any = true;
  }
  return any;
}

bool has_weight(const RolloutState& state, const InstanceAddress& address) {
  if (!state.spec.steers_traffic) return false;
  const auto in = [&](const TrafficSplit& split) {
    return std::any_of(split.shares.begin(), split.shares.end(),
                       [&](const auto& each) { return each.address == address; }) ||
           std::find(split.preview.begin(), split.preview.end(), address) != split.preview.end();
  };
  if (!state.split_known || in(state.split)) return true;
  return std::any_of(state.pending.begin(), state.pending.end(), [&](const Pending& each) {
    const auto* shift = std::get_if<rollout_command::Shift>(&each.command.what);
    return shift && in(shift->split);
  });
}

bool prepare_for(Turn& turn, const Member& member) {
  const rollout_command::Prepare wanted{member.instance.address.host, member.instance.release};
  for (const Pending& each : turn.state.pending)
    if (const auto* prepare = std::get_if<rollout_command::Prepare>(&each.command.what); prepare && *prepare == wanted)
      return false;
  turn.act(wanted);
  return true;
}

}  // namespace

bool is_available(const RolloutState& state, const Member& member) {
  return member.life == Member::Life::up && member.ready && !member.leaving && !is_unproved(member) &&
         (!member.ready_at || *member.ready_at + state.spec.health.warm_up <= state.now);
}

bool is_unproved(const Member& member) {
  return member.life == Member::Life::up && member.ready && !member.leaving && member.home < 0 && !member.ready_at;
}

int count_available(const RolloutState& state) {
  return count_available(state, InstanceGroup::stable) + count_available(state, InstanceGroup::incoming);
}

int count_available(const RolloutState& state, InstanceGroup group) {
  return static_cast<int>(std::count_if(state.members.begin(), state.members.end(), [&](const Member& each) {
    return each.instance.group == group && is_available(state, each);
  }));
}

int count_up(const RolloutState& state) {
  return static_cast<int>(std::count_if(state.members.begin(), state.members.end(), [](const Member& each) {
    return each.instance.group != InstanceGroup::baseline && each.life == Member::Life::up && !each.leaving;
  }));
}

int floor_of(const RolloutState& state) {
  const int promised = state.spec.instances - promise_of(state.spec).unavailable;
  return std::clamp(promised, 0, static_cast<int>(state.homes.size()));
}

std::optional<InstanceAddress> free_slot(const RolloutState& state, const std::string& host) {
  for (const HostSlots& each : state.spec.hosts)
    for (const int port : each.ports)
      if (each.host == host && !find_member(state, {host, port})) return InstanceAddress{host, port};
  return {};
}

namespace {

bool has_failed_on(const RolloutState& state, const std::string& host) {
  return std::any_of(state.pending.begin(), state.pending.end(), [&](const Pending& each) {
    if (each.tries == 1 && !each.retry_at) return false;
    const auto* prepare = std::get_if<rollout_command::Prepare>(&each.command.what);
    const auto* start = std::get_if<rollout_command::Start>(&each.command.what);
    const auto* stop = std::get_if<rollout_command::Stop>(&each.command.what);
    return (prepare && prepare->host == host) || (start && start->instance.address.host == host) ||
           (stop && stop->instance.address.host == host);
  });
}

template <class Counts>
bool has_room_beside(const RolloutState& state, Counts counts) {
  const int standing = static_cast<int>(std::count_if(state.members.begin(), state.members.end(), counts));
  const int wanted = std::max(state.spec.instances, static_cast<int>(state.homes.size()));
  return standing < wanted + promise_of(state.spec).surge;
}

}  // namespace

bool has_room(const RolloutState& state) {
  return has_room_beside(state, [&](const Member& each) {
    if (each.instance.group == InstanceGroup::baseline) return false;
    // What another rollout had left on later hosts takes no room from these.
    return each.instance.group == InstanceGroup::stable || in_scope(state, each.instance.address.host);
  });
}

bool has_room_back(const RolloutState& state, const std::string& host) {
  return has_room_beside(state, [&](const Member& each) {
    if (each.instance.group == InstanceGroup::baseline) return false;
    const std::string& where = each.instance.address.host;
    return where == host || !seems_down(state, where);
  });
}

bool is_ill(const RolloutState& state, const Member& member) {
  return !member.ready && -member.streak >= state.spec.health.failures;
}

bool seems_down(const RolloutState& state, const std::string& host) {
  bool new_ones_ill = false;
  bool old_ones_ill = false;
  for (const Member& member : state.members) {
    if (member.instance.address.host != host) continue;
    if (member.life == Member::Life::up && member.ready) return false;
    if (member.served && is_ill(state, member)) (member.home < 0 ? new_ones_ill : old_ones_ill) = true;
  }
  return old_ones_ill || (new_ones_ill && has_failed_on(state, host));
}

bool may_go(const RolloutState& state, const Member& member) {
  const int floor = floor_of(state);
  const int available = count_available(state);
  if (is_available(state, member)) return available - 1 >= floor;
  if (available >= std::max(1, floor)) return true;
  if (is_unproved(member)) return false;
  // It isn't ready, so it serves only where nobody else does.
  return member.life != Member::Life::up || count_up(state) - 1 >= floor;
}

bool plan_fleet(Turn& turn) {
  const bool came = start_incoming(turn);
  const bool compared = start_or_end_baseline(turn);
  const bool spared = let_surplus_go(turn);
  return let_old_go(turn) || came || compared || spared;
}

bool fleet_is_as_wanted(const RolloutState& state) {
  int incoming = 0;
  int baseline = 0;
  for (const Member& member : state.members) {
    if (member.leaving || member.life == Member::Life::planned || member.life == Member::Life::starting) return false;
    if (member.instance.group == InstanceGroup::stable) continue;
    if (!is_available(state, member)) return false;
    if (!in_scope(state, member.instance.address.host)) continue;
    ++(member.instance.group == InstanceGroup::incoming ? incoming : baseline);
  }
  if (incoming < state.want_incoming || baseline < state.want_baseline) return false;
  return !state.keep_old || count_staying(state, InstanceGroup::stable) <= *state.keep_old;
}

bool move_members(Turn& turn) {
  RolloutState& state = turn.state;
  if (!state.touched) return false;
  bool any = false;
  std::erase_if(state.members, [&](const Member& each) {
    const bool never_came = each.leaving && each.life == Member::Life::planned && each.home < 0;
    any = any || never_came;
    return never_came;
  });
  for (Member& member : state.members) {
    const auto& address = member.instance.address;
    if (member.life == Member::Life::planned && member.leaving) {
      if (has_weight(state, address)) continue;
      member.life = Member::Life::draining;  // an old one that died: its service manager may have started it again
      turn.act(rollout_command::Drain{member.instance, state.spec.drain});
      any = true;
    } else if (member.life == Member::Life::planned) {
      if (!state.ready_hosts.contains({address.host, member.instance.release})) {
        any = prepare_for(turn, member) || any;
        continue;
      }
      member.life = Member::Life::starting;
      turn.act(rollout_command::Start{member.instance});
      any = true;
    } else if (member.life == Member::Life::up && member.leaving && !has_weight(state, address)) {
      turn.watch(member.instance, false);
      if (member.served) {
        member.life = Member::Life::draining;
        turn.act(rollout_command::Drain{member.instance, state.spec.drain});
      } else {
        member.life = Member::Life::stopping;
        turn.act(rollout_command::Stop{member.instance});
      }
      any = true;
    }
  }
  return any;
}

void on_prepared(Turn& turn, const rollout_command::Prepare& command) {
  turn.state.ready_hosts.insert({command.host, command.release});
}

void on_started(Turn& turn, const rollout_command::Start& command) {
  Member* member = find_member(turn.state, command.instance.address);
  if (!member || member->life != Member::Life::starting) return;
  member->life = Member::Life::up;
  member->started_at = turn.now;
  if (!member->leaving) turn.watch(member->instance, true);
}

void on_drained(Turn& turn, const rollout_command::Drain& command) {
  Member* member = find_member(turn.state, command.instance.address);
  if (!member || member->life != Member::Life::draining) return;
  if (!member->leaving) {  // it is wanted again: a failure came in between
    member->life = Member::Life::up;
    turn.watch(member->instance, true);
    return;
  }
  member->life = Member::Life::stopping;
  turn.act(rollout_command::Stop{member->instance});
}

void on_stopped(Turn& turn, const rollout_command::Stop& command) {
  const Member* member = find_member(turn.state, command.instance.address);
  if (member && member->life == Member::Life::stopping) erase_member(turn.state, command.instance.address);
}

}  // namespace penstock::machine
