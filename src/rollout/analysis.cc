#include "rollout/analysis.h"

#include <algorithm>
#include <string>
#include <variant>

#include "rollout/taking_back.h"

namespace penstock::machine {

namespace {

InstanceGroup compared_with(const RolloutState& state) {
  const auto* canary = std::get_if<strategy::Canary>(&state.spec.strategy);
  const bool baseline = canary && canary->baseline && state.want_baseline > 0;
  return baseline ? InstanceGroup::baseline : InstanceGroup::stable;
}

bool is_last_look(const Looking& looking) { return looking.done >= looking.looks; }

bool is_inline(const RolloutState& state) {
  return state.step < static_cast<int>(state.steps.size()) && state.step_begun &&
         state.steps[static_cast<size_t>(state.step)].kind == RolloutStep::Kind::analyse;
}

}  // namespace

bool analyses_in_background(const RolloutState& state) {
  const auto* canary = std::get_if<strategy::Canary>(&state.spec.strategy);
  return canary && canary->background_analysis;
}

void begin_looking(Turn& turn, Duration time) {
  end_looking(turn);
  Looking looking;
  looking.on = true;
  looking.since = turn.now;
  const Duration every = std::max(turn.state.spec.analysis_every, Duration(1));
  looking.looks = static_cast<int>(std::clamp<int64_t>(time / every, 1, 1000000));
  looking.next_at = turn.now + (looking.looks == 1 ? std::min(time, every) : every);
  turn.state.looking = looking;
}

void end_looking(Turn& turn) {
  turn.state.looking.on = false;
  turn.state.looking.next_at.reset();
  std::erase_if(turn.state.pending, [](const Pending& each) {
    return std::holds_alternative<rollout_command::Measure>(each.command.what);
  });
}

bool look_if_due(Turn& turn) {
  Looking& looking = turn.state.looking;
  if (!looking.on || !looking.next_at || *looking.next_at > turn.now || !is_forward(turn.state)) return false;
  if (turn.is_pending<rollout_command::Measure>()) return false;
  looking.next_at.reset();
  ++looking.done;
  turn.act(rollout_command::Measure{looking.since, looking.done, looking.looks, compared_with(turn.state),
                                    looking.evidence});
  return true;
}

void on_measured(Turn& turn, Verdict verdict, const std::string& summary, const std::string& evidence) {
  RolloutState& state = turn.state;
  Looking& looking = state.looking;
  if (!looking.on) return;
  state.analysis = summary;
  looking.last = verdict;
  if (!evidence.empty()) looking.evidence = evidence;
  if (verdict == Verdict::fail) return fail(turn, "the analysis failed: " + summary, "");
  if (verdict == Verdict::pass) state.accepts_inconclusive = false;
  const bool at_its_end = is_inline(state) && is_last_look(looking);
  if (!at_its_end) {
    // On the beat from its beginning, whatever each look takes: else a bake time ends before the last of them.
    const Duration every = std::max(state.spec.analysis_every, Duration(1));
    looking.next_at = looking.since + every * ((turn.now - looking.since) / every + 1);
  } else if (verdict == Verdict::inconclusive && !state.hurry) {
    state.held_by = "a person: ci rollout continue, or abort (the analysis is inconclusive: " + summary + ")";
    turn.say("waits for a person: the analysis is inconclusive (" + summary + ")");
  }
}

bool has_passed(const RolloutState& state) {
  return is_last_look(state.looking) && (state.looking.last == Verdict::pass || state.accepts_inconclusive);
}

std::string lacks_verdict(const RolloutState& state) {
  if (!state.looking.on || !analyses_in_background(state) || state.promoted || state.hurry) return "";
  if (state.accepts_inconclusive) return "";
  if (!state.looking.last) return "the analysis' first look";
  return *state.looking.last == Verdict::inconclusive ? state.analysis : "";
}

}  // namespace penstock::machine
