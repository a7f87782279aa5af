#include "rollout/view.h"

#include <algorithm>
#include <map>
#include <string>

#include "rollout/progress.h"
#include "rollout/traffic.h"

namespace penstock::machine {

namespace {

InstanceView::State state_of(const Member& member) {
  switch (member.life) {
    case Member::Life::planned:
    case Member::Life::starting:
      return InstanceView::State::starting;
    case Member::Life::draining:
      return InstanceView::State::draining;
    case Member::Life::stopping:
      return InstanceView::State::stopping;
    case Member::Life::up:
      break;
  }
  if (member.ready) return InstanceView::State::ready;
  return member.started_at && !member.ready_at && !member.given_up ? InstanceView::State::starting
                                                                   : InstanceView::State::unready;
}

/// When time alone lets it go on: not the next probe or look, and no deadline.
std::optional<Instant> goes_on_at(const RolloutState& state) {
  if (state.phase == RolloutPhase::live) return state.keep_until;
  const RolloutStep* step = current_step(state);
  if (!is_forward(state) || step == nullptr || !state.held_by.empty()) return std::nullopt;
  const bool pauses = step->kind == RolloutStep::Kind::pause;
  if (!waits_for(state).empty()) return pauses && !step->time ? std::nullopt : state.freeze->until;
  const bool is_timed = pauses || step->kind == RolloutStep::Kind::analyse || step->kind == RolloutStep::Kind::bake;
  if (!is_timed || !state.step_begun || !step->time) return std::nullopt;
  return state.step_since + *step->time;
}

}  // namespace

RolloutView view_of(const RolloutState& state) {
  RolloutView view;
  view.waits_for = waits_for(state);
  view.phase = view.waits_for.empty() ? state.phase : RolloutPhase::paused;
  view.steps = state.steps.empty() ? 0 : state.steps.back().number;
  if (const RolloutStep* step = current_step(state)) {
    view.step = step->number;
    view.step_name = step->title;
  }
  const std::map<InstanceAddress, int> weights = weights_of(state);
  for (const Member& member : state.members) {
    InstanceView one{member.instance, state_of(member), 0, member.detail};
    if (const auto found = weights.find(member.instance.address); found != weights.end()) one.weight = found->second;
    view.instances.push_back(std::move(one));
  }
  std::stable_sort(view.instances.begin(), view.instances.end(),
                   [](const auto& a, const auto& b) { return a.instance.group < b.instance.group; });
  view.analysis = state.analysis;
  view.reason = state.reason;
  view.log = state.log;
  view.next_at = goes_on_at(state);
  return view;
}

}  // namespace penstock::machine
