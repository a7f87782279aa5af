#include "rollout/steering.h"

#include <string>
#include <utility>

#include "rollout/progress.h"
#include "rollout/taking_back.h"

namespace penstock::machine {

namespace {

using What = rollout_event::Steered::What;

Error refused(std::string message, std::string help = "") { return {Fault::user, std::move(message), std::move(help)}; }

std::string by_words(const rollout_event::Steered& steered) {
  const std::string who = steered.by.name.empty() ? "a person" : steered.by.name;
  return who + (steered.message.empty() ? "" : ": " + steered.message);
}

Result<> pause(Turn& turn, const rollout_event::Steered& steered) {
  RolloutState& state = turn.state;
  if (!state.held_by.empty()) return refused("the rollout waits already, for " + state.held_by);
  state.held_by = "a person: ci rollout continue (paused by " + by_words(steered) + ")";
  turn.say("paused by " + by_words(steered));
  return success();
}

Result<> go_on(Turn& turn, const rollout_event::Steered& steered) {
  RolloutState& state = turn.state;
  const RolloutStep* step = current_step(state);
  const bool pauses = step && step->kind == RolloutStep::Kind::pause && state.step_begun;
  const bool held = !state.held_by.empty();
  if (!held && state.freeze && !pauses && !waits_for(state).empty())
    return refused("the rollout waits for the freeze \"" + state.freeze->name + "\" to end",
                   "it goes on by itself; `ci rollout abort` takes it back");
  if (!held && !pauses) return refused("the rollout isn't paused");
  const bool undecided = state.looking.on && state.looking.last == Verdict::inconclusive;
  if (held && undecided) state.accepts_inconclusive = true;
  if (pauses && (!held || !step->time)) state.go_on = true;
  state.held_by.clear();
  turn.say("continued by " + by_words(steered));
  return success();
}

Result<> promote(Turn& turn, const rollout_event::Steered& steered) {
  RolloutState& state = turn.state;
  if (state.promoted) return refused("the release is promoted already; it is being watched");
  state.hurry = true;
  state.held_by.clear();
  turn.say("promoted by " + by_words(steered) + ": the rest of the steps is skipped");
  return success();
}

std::string ended_words(RolloutPhase phase) {
  switch (phase) {
    case RolloutPhase::live:
      return "the rollout has ended: its release is live";
    case RolloutPhase::taken_back:
      return "the rollout has ended: it was taken back";
    case RolloutPhase::lost:
      return "another holder has the environment now";
    default:
      return "the rollout has ended: it failed";
  }
}

}  // namespace

Result<> on_steered(Turn& turn, const rollout_event::Steered& steered) {
  RolloutState& state = turn.state;
  if (is_end(state.phase))
    return refused(ended_words(state.phase),
                   state.phase == RolloutPhase::live ? "`ci rollback` brings the release before it back" : "");
  if (state.phase == RolloutPhase::taking_back)
    return refused("the rollout is being taken back already" + (state.reason.empty() ? "" : ": " + state.reason));
  switch (steered.what) {
    case What::pause:
      return pause(turn, steered);
    case What::go_on:
      return go_on(turn, steered);
    case What::promote:
      return promote(turn, steered);
    case What::abort:
      fail(turn, "aborted by " + by_words(steered), "");
      return success();
  }
  return success();
}

void on_freeze(Turn& turn, const rollout_event::Freeze& freeze) {
  RolloutState& state = turn.state;
  const bool ends = !freeze.until && freeze.name.empty();
  if (ends) {
    if (state.freeze) turn.say("the freeze \"" + state.freeze->name + "\" has ended");
    state.freeze.reset();
    return;
  }
  if (!state.freeze && is_forward(state) && !state.promoted)
    turn.say("the freeze \"" + freeze.name + "\" has begun: it waits before the next step");
  state.freeze = freeze;
  const auto longest = turn.now + std::chrono::hours(24 * 366 * 100);
  if (freeze.until && *freeze.until > longest) state.freeze->until.reset();
}

}  // namespace penstock::machine
