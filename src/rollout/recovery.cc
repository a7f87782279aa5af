#include "rollout/recovery.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <variant>

#include "rollout/steps.h"
#include "rollout/taking_back.h"

namespace penstock::machine {

namespace {

using Standing = rollout_event::Observed::Standing;

void remember_split(RolloutState& state, const rollout_event::Observed& observed) {
  TrafficSplit split;
  for (const Standing& each : observed.standing)
    if (each.weight > 0) split.shares.push_back({each.instance.address, each.weight});
  std::sort(split.shares.begin(), split.shares.end(),
            [](const auto& a, const auto& b) { return a.address < b.address; });
  split.header = state.split.header;
  split.preview = state.split.preview;
  split.by_header = state.split.by_header;
  state.split = std::move(split);
}

bool serves(const RolloutState& state, const Standing& standing) {
  return standing.running && (standing.weight > 0 || !state.spec.steers_traffic);
}

Member old_one(const RolloutState& state, const Standing& standing, int home) {
  Member member;
  member.instance = standing.instance;
  member.instance.group = InstanceGroup::stable;
  member.life = Member::Life::up;
  member.ready = serves(state, standing);
  member.served = true;
  member.home = home;
  return member;
}

/// Of a release that is neither, left by a driver that is gone, and it serves in an old one's stead. Nobody could start
/// it again, and where this rollout is taken back, the old release comes back in its place.
Member stand_in(const RolloutState& state, const Standing& standing) { return old_one(state, standing, -1); }

/// It belongs to neither release, or nobody remembers it: it is stopped.
Member stray(const Standing& standing) {
  Member member;
  member.instance = standing.instance;
  member.instance.group = InstanceGroup::stable;
  member.life = Member::Life::up;
  member.leaving = true;
  member.served = true;  // it may have had traffic until a moment ago
  return member;
}

/// The release that is to come stands already: the old colour of an earlier rollout, which now comes back.
Member standing_incoming(const RolloutState& state, const Standing& standing, Instant now) {
  Member member;
  member.instance = {standing.instance.address, state.to, InstanceGroup::incoming};
  member.life = Member::Life::up;
  member.started_at = now;
  member.served = true;
  member.ready = standing.weight > 0;
  return member;
}

/// Where new instances stand beside the old ones, one that stands already spares a start.
bool is_wanted_beside(const RolloutState& state, const std::string& host) {
  const auto* canary = std::get_if<strategy::Canary>(&state.spec.strategy);
  const bool beside = std::holds_alternative<strategy::BlueGreen>(state.spec.strategy) ||
                      (canary && state.spec.steers_traffic && !canary->baseline);
  if (!beside) return false;
  const std::vector<int> quota = machine::spread(state.spec, state.spec.instances);
  const auto stands = std::count_if(state.members.begin(), state.members.end(), [&](const Member& each) {
    return each.instance.group == InstanceGroup::incoming && each.instance.address.host == host;
  });
  for (size_t i = 0; i < quota.size(); ++i)
    if (state.spec.hosts[i].host == host) return stands < quota[i];
  return false;
}

int homes_on(const RolloutState& state, const std::string& host) {
  return static_cast<int>(std::count_if(state.homes.begin(), state.homes.end(),
                                        [&](const Instance& each) { return each.address.host == host; }));
}

/// Others serve in the place of old instances that a driver, now gone, had stopped: those come back with the rest.
void remember_missing_homes(RolloutState& state) {
  const std::vector<int> quota = spread(state.spec, state.spec.instances);
  const auto is_home = [&](const InstanceAddress& address) {
    return std::any_of(state.homes.begin(), state.homes.end(),
                       [&](const Instance& each) { return each.address == address; });
  };
  for (size_t i = 0; i < quota.size(); ++i) {
    const HostSlots& host = state.spec.hosts[i];
    for (const int port : host.ports) {
      if (static_cast<int>(state.homes.size()) >= state.spec.instances) return;
      if (homes_on(state, host.host) >= quota[i]) break;
      if (const InstanceAddress address{host.host, port}; !is_home(address))
        state.homes.push_back({address, state.from, InstanceGroup::stable});
    }
  }
}

void begin(Turn& turn, const rollout_event::Observed& observed) {
  RolloutState& state = turn.state;
  state.phase = RolloutPhase::preparing;
  state.deadline_at = turn.now + state.spec.deadline;
  remember_split(state, observed);
  // A header's way to one that somebody left can't be seen: the whole split is set again.
  state.split_known = std::none_of(observed.standing.begin(), observed.standing.end(), [&](const Standing& each) {
    return each.running && each.instance.release != state.from;
  });
  // What nobody drives any more may stand beside an old release at full strength, which can do without it.
  const auto old = std::count_if(observed.standing.begin(), observed.standing.end(), [&](const Standing& each) {
    return serves(state, each) && each.instance.release == state.from;
  });
  const bool suffices = old >= state.spec.instances;
  const bool by_weight = std::holds_alternative<strategy::Canary>(state.spec.strategy) && state.spec.steers_traffic;
  bool others_serve = false;
  for (const Standing& each : observed.standing) {
    const std::string& release = each.instance.release;
    if (find_member(state, each.instance.address)) continue;
    if (each.running) state.ready_hosts.insert({each.instance.address.host, release});
    const bool is_old = each.running && (release == state.from || (state.from.empty() && serves(state, each)));
    // A canary's weights may leave it without traffic, which the old ones can't do without.
    const bool returns =
        release == state.to && release != state.from && (suffices || !by_weight || !serves(state, each));
    others_serve = others_serve || (!is_old && serves(state, each));
    if (returns && each.running && (serves(state, each) || is_wanted_beside(state, each.instance.address.host))) {
      add_member(state, standing_incoming(state, each, turn.now));
      state.by_count = state.by_count || (serves(state, each) && !suffices);
    } else if (is_old) {
      add_member(state, old_one(state, each, static_cast<int>(state.homes.size())));
      state.homes.push_back({each.instance.address, release, InstanceGroup::stable});
    } else {
      add_member(state, serves(state, each) && !suffices ? stand_in(state, each) : stray(each));
    }
  }
  // Where nothing old stands, there is nothing to go carefully beside.
  state.hurry = std::none_of(state.members.begin(), state.members.end(), [](const Member& each) {
    return each.instance.group == InstanceGroup::stable && !each.leaving;
  });
  if (others_serve && !state.from.empty()) remember_missing_homes(state);
  for (const Member& member : state.members)
    if (!member.leaving) turn.watch(member.instance, true);
}

void went_missing(Turn& turn, Member& member) {
  const std::string name = name_of(member.instance.address);
  member.ready = false;
  member.streak = 0;
  if (member.instance.group == InstanceGroup::stable && member.home >= 0) {
    turn.say(name + " does not run any more: it is started again");
    member.life = Member::Life::planned;
    member.served = false;
    member.started_at.reset();
    member.ready_at.reset();
    return;
  }
  member.leaving = true;
  if (member.instance.group != InstanceGroup::stable) fail(turn, name + " does not run any more", "");
}

/// An old instance that stands though it had gone (or that somebody started) takes the place of a missing one.
int home_without_instance(const RolloutState& state, const std::string& release) {
  for (int home = 0; home < static_cast<int>(state.homes.size()); ++home) {
    const bool taken = std::any_of(state.members.begin(), state.members.end(), [&](const Member& each) {
      return each.instance.group == InstanceGroup::stable && each.home == home;
    });
    if (!taken && state.homes[static_cast<size_t>(home)].release == release) return home;
  }
  return -1;
}

void meet_unknown(Turn& turn, const Standing& standing) {
  RolloutState& state = turn.state;
  if (!standing.running && standing.weight == 0) return;
  const std::string& release = standing.instance.release;
  const int home = home_without_instance(state, release);
  if (standing.running && home >= 0) {
    Member& member = add_member(state, old_one(state, standing, home));
    return turn.watch(member.instance, true);
  }
  turn.say(name_of(standing.instance.address) + " runs " + short_name(release) + " unasked: it is stopped");
  add_member(state, stray(standing));
}

void compare(Turn& turn, const rollout_event::Observed& observed) {
  RolloutState& state = turn.state;
  std::map<InstanceAddress, const Standing*> standing;
  for (const Standing& each : observed.standing) standing.emplace(each.instance.address, &each);
  for (Member& member : state.members) {
    const auto seen = standing.find(member.instance.address);
    const bool runs =
        seen != standing.end() && seen->second->running && seen->second->instance.release == member.instance.release;
    if (member.life == Member::Life::up && !member.leaving && !member.given_up && !runs) went_missing(turn, member);
  }
  remember_split(state, observed);
  // The header and the preview can't be seen, and a split that was under way may be for instances that have gone since:
  // the whole of it is set again.
  state.split_known = false;
  std::erase_if(state.pending,
                [](const Pending& each) { return std::holds_alternative<rollout_command::Shift>(each.command.what); });
  for (const auto& [address, each] : standing)
    if (!find_member(state, address)) meet_unknown(turn, *each);
}

/// It has ended, and only the old colour is still ours: not what another rollout made of it since.
void compare_kept(Turn& turn, const rollout_event::Observed& observed) {
  RolloutState& state = turn.state;
  std::erase_if(state.members, [&](const Member& member) {
    if (member.instance.group != InstanceGroup::stable || member.life != Member::Life::up) return false;
    return std::none_of(observed.standing.begin(), observed.standing.end(), [&](const Standing& each) {
      return each.instance.address == member.instance.address && each.instance.release == member.instance.release &&
             each.weight == 0;
    });
  });
  remember_split(state, observed);
  state.split_known = true;
}

}  // namespace

void on_observed(Turn& turn, const rollout_event::Observed& observed) {
  if (turn.state.phase == RolloutPhase::created) return begin(turn, observed);
  if (turn.state.phase == RolloutPhase::live) return compare_kept(turn, observed);
  if (!is_end(turn.state.phase)) compare(turn, observed);
}

}  // namespace penstock::machine
