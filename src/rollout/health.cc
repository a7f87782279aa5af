#include "rollout/health.h"

#include <algorithm>
#include <optional>
#include <string>

#include "rollout/fleet.h"
#include "rollout/taking_back.h"

namespace penstock::machine {

namespace {

std::string words_for_late(const Member& member) { return name_of(member.instance.address) + " was not ready within "; }

void now_ready(Turn& turn, Member& member) {
  // One that came back after all is no trouble any more.
  std::erase_if(turn.state.troubles, [&](const std::string& each) { return each.starts_with(words_for_late(member)); });
  member.ready = true;
  member.detail.clear();
  member.log.clear();
  if (member.started_at) {
    if (!member.ready_at)
      turn.say(name_of(member.instance.address) + " is ready after " + to_words(turn.now - *member.started_at));
    member.ready_at = turn.now;
  } else {
    turn.say(name_of(member.instance.address) + " is ready again");
  }
  if (!turn.state.spec.steers_traffic) member.served = true;
}

std::string because(const Member& member) { return member.detail.empty() ? "" : ": " + member.detail; }

bool is_late(const RolloutState& state, const Member& member) {
  if (!is_forward(state) && member.instance.group != InstanceGroup::stable) return false;  // it goes anyway
  return member.life == Member::Life::up && !member.leaving && !member.given_up && !member.ready && !member.ready_at &&
         member.started_at && *member.started_at + state.spec.health.start_within <= state.now;
}

bool has_relapsed(const RolloutState& state, const Member& member) {
  return is_forward(state) && member.instance.group != InstanceGroup::stable && member.life == Member::Life::up &&
         !member.leaving && !member.ready && member.ready_at;
}

}  // namespace

void on_probed(Turn& turn, const rollout_event::Probed& probed) {
  Member* member = find_member(turn.state, probed.address);
  if (!member || member->life != Member::Life::up || member->leaving) return;
  const HealthPolicy& policy = turn.state.spec.health;
  if (probed.ok) {
    member->streak = std::min(std::max(member->streak, 0) + 1, 1000000);
    if (member->streak < policy.successes) return;
    if (is_unproved(*member)) member->ready_at = turn.now - policy.warm_up;  // it serves already
    if (!member->ready) now_ready(turn, *member);
    return;
  }
  member->streak = std::max(std::min(member->streak, 0) - 1, -1000000);
  member->detail = probed.detail;
  if (!probed.log.empty()) member->log = probed.log;
  if (!member->ready || -member->streak < policy.failures) return;
  member->ready = false;
  turn.say(name_of(probed.address) + " is no longer ready" + because(*member));
}

bool check_health(Turn& turn) {
  RolloutState& state = turn.state;
  if (is_end(state.phase)) return false;
  bool any = false;
  for (Member& member : state.members) {
    const std::string name = name_of(member.instance.address);
    std::string words;
    if (is_late(state, member)) {
      words = words_for_late(member) + to_words(state.spec.health.start_within) + because(member);
    } else if (has_relapsed(state, member)) {
      words = name + " is no longer ready" + because(member);
    }
    if (words.empty()) continue;
    any = true;
    if (is_forward(state)) {
      fail(turn, words, member.log);
      continue;
    }
    member.given_up = true;
    state.troubles.push_back(words);
    turn.say(words);
  }
  return any;
}

std::optional<Instant> next_health_due(const RolloutState& state) {
  std::optional<Instant> due;
  const auto consider = [&](Instant at) {
    if (!due || at < *due) due = at;
  };
  for (const Member& member : state.members) {
    if (member.life != Member::Life::up || member.leaving || member.given_up) continue;
    if (!is_forward(state) && member.instance.group != InstanceGroup::stable) continue;
    if (!member.ready && !member.ready_at && member.started_at)
      consider(*member.started_at + state.spec.health.start_within);
    if (member.ready && member.ready_at && *member.ready_at + state.spec.health.warm_up > state.now)
      consider(*member.ready_at + state.spec.health.warm_up);
  }
  return due;
}

}  // namespace penstock::machine
