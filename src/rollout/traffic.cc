#include "rollout/traffic.h"

#include <algorithm>
#include <map>
#include <vector>

#include "rollout/fleet.h"
#include "rollout/steps.h"
#include "rollout/taking_back.h"

namespace penstock::machine {

namespace {

constexpr int kAll = 10000;

using Pool = std::vector<InstanceAddress>;  // in order

template <class Accept>
Pool pool_of(const RolloutState& state, InstanceGroup group, Accept accept) {
  Pool pool;
  for (const Member& each : state.members)
    if (each.instance.group == group && accept(each)) pool.push_back(each.instance.address);
  return pool;
}

/// Ready, or it had traffic when the rollout began, and its first probes are still under way.
Pool available(const RolloutState& state, InstanceGroup group) {
  return pool_of(state, group, [&](const Member& each) { return is_available(state, each) || is_unproved(each); });
}

/// Those who would serve where nobody is ready: a page that may fail is better than none.
Pool fallback(const RolloutState& state, InstanceGroup group) {
  return pool_of(state, group,
                 [](const Member& each) { return each.life == Member::Life::up && !each.leaving && each.served; });
}

Pool available_or_fallback(const RolloutState& state, InstanceGroup group) {
  Pool pool = available(state, group);
  return pool.empty() ? fallback(state, group) : pool;
}

/// Shares `amount` among the pool; what doesn't divide goes to the first.
void give(TrafficSplit& split, const Pool& pool, int amount) {
  if (pool.empty()) return;
  const int count = static_cast<int>(pool.size());
  for (int i = 0; i < count; ++i) {
    const int weight = amount / count + (i < amount % count ? 1 : 0);
    if (weight > 0) split.shares.push_back({pool[static_cast<size_t>(i)], weight});
  }
}

/// The incoming group gets `share`, the old one the rest; a group without instances leaves its part to the other.
TrafficSplit by_share(const RolloutState& state, int share) {
  TrafficSplit split;
  const Pool old = available_or_fallback(state, InstanceGroup::stable);
  const Pool incoming = available(state, InstanceGroup::incoming);
  if (incoming.empty() || (share == 0 && !old.empty())) {
    give(split, old.empty() ? fallback(state, InstanceGroup::incoming) : old, kAll);
    return split;
  }
  if (old.empty()) {
    const bool old_ones_died = !state.homes.empty();  // else this is a first release, whose turn comes
    if (share > 0 || old_ones_died) give(split, incoming, kAll);
    return split;
  }
  const Pool baseline = available(state, InstanceGroup::baseline);
  const int compared = baseline.empty() ? 0 : std::min(share, (kAll - share) / 2);
  give(split, incoming, share);
  give(split, baseline, compared);
  give(split, old, kAll - share - compared);
  return split;
}

/// Each instance gets the same, but the incoming group at least `share`.
TrafficSplit by_count(const RolloutState& state, int share) {
  Pool all = available(state, InstanceGroup::stable);
  const Pool more = available(state, InstanceGroup::incoming);
  const int old = static_cast<int>(all.size());
  const int incoming = static_cast<int>(more.size());
  TrafficSplit split;
  if (old + incoming == 0) {
    Pool last = fallback(state, InstanceGroup::stable);
    if (last.empty()) last = fallback(state, InstanceGroup::incoming);
    give(split, last, kAll);
    return split;
  }
  const int counted = kAll / (old + incoming) * incoming;
  if (share > counted || old == 0 || incoming == 0) return by_share(state, old == 0 ? kAll : std::max(share, counted));
  all.insert(all.end(), more.begin(), more.end());
  std::sort(all.begin(), all.end());
  give(split, all, kAll);
  return split;
}

/// Back to the old instances as soon as they are as many as the strategy promises; until then those help out that are
/// ready.
TrafficSplit backward(const RolloutState& state) {
  if (count_available(state, InstanceGroup::stable) >= enough_old_ones(state)) return by_share(state, 0);
  return by_count(state, 0);
}

}  // namespace

TrafficSplit wanted_split(const RolloutState& state) {
  TrafficSplit split;
  if (state.phase == RolloutPhase::taking_back) {
    split = backward(state);
  } else {
    split = state.by_count ? by_count(state, state.share) : by_share(state, state.share);
    if (!state.header.name.empty()) split.by_header = available(state, InstanceGroup::incoming);
    if (!split.by_header.empty()) split.header = state.header;
    if (state.preview) split.preview = available(state, InstanceGroup::incoming);
  }
  std::sort(split.shares.begin(), split.shares.end(),
            [](const auto& a, const auto& b) { return a.address < b.address; });
  return split;
}

bool split_is_as_wanted(const RolloutState& state) {
  if (!state.spec.steers_traffic) return true;
  const bool under_way = std::any_of(state.pending.begin(), state.pending.end(), [](const Pending& each) {
    return std::holds_alternative<rollout_command::Shift>(each.command.what);
  });
  return !under_way && state.split_known && state.split == wanted_split(state);
}

bool shift_traffic(Turn& turn) {
  RolloutState& state = turn.state;
  if (!state.spec.steers_traffic || !state.touched || turn.is_pending<rollout_command::Shift>()) return false;
  if (split_is_as_wanted(state)) return false;
  TrafficSplit split = wanted_split(state);
  for (const TrafficSplit::Share& share : split.shares)
    if (Member* member = find_member(state, share.address)) member->served = true;
  for (const InstanceAddress& address : split.preview)
    if (Member* member = find_member(state, address)) member->served = true;
  turn.act(rollout_command::Shift{std::move(split)});
  return true;
}

void on_shifted(Turn& turn, const rollout_command::Shift& command) {
  turn.state.split = command.split;
  turn.state.split_known = true;
}

std::map<InstanceAddress, int> weights_of(const RolloutState& state) {
  std::map<InstanceAddress, int> weights;
  const TrafficSplit split = state.spec.steers_traffic ? state.split : by_count(state, 0);
  for (const TrafficSplit::Share& share : split.shares) weights[share.address] = share.weight;
  return weights;
}

}  // namespace penstock::machine
