#include "rollout/progress.h"

#include <algorithm>
#include <optional>
#include <string>

#include "rollout/analysis.h"
#include "rollout/fleet.h"
#include "rollout/health.h"
#include "rollout/steps.h"
#include "rollout/taking_back.h"
#include "rollout/traffic.h"

namespace penstock::machine {

namespace {

using Kind = RolloutStep::Kind;
using What = rollout_command::Record::What;

constexpr const char* kPerson = "a person: ci rollout continue, promote or abort";

/// The time that the pauses and analyses from here on take, for the number of background looks.
Duration time_ahead(const RolloutState& state) {
  Duration time{};
  for (size_t i = static_cast<size_t>(state.step); i < state.steps.size(); ++i)
    if (state.steps[i].kind == Kind::pause || state.steps[i].kind == Kind::analyse)
      time += state.steps[i].time.value_or(Duration::zero());
  return time;
}

/// A step that a person sees as another than the last one: here a freeze or a missing verdict holds it up.
bool is_boundary(const RolloutState& state) {
  if (state.step_begun || state.step == 0 || state.promoted) return false;
  const auto& steps = state.steps;
  return steps[static_cast<size_t>(state.step)].number != steps[static_cast<size_t>(state.step) - 1].number;
}

void prepare_hosts(Turn& turn) {
  const std::vector<int> quota = spread(turn.state.spec, turn.state.spec.instances);
  for (size_t i = 0; i < quota.size(); ++i)
    if (quota[i] > 0) turn.act(rollout_command::Prepare{turn.state.spec.hosts[i].host, turn.state.to});
}

void finish(Turn& turn) {
  turn.act(rollout_command::Record{What::ended, turn.state.to, ""});
  for (const HostSlots& host : turn.state.spec.hosts) turn.act(rollout_command::Tidy{host.host});
}

/// What stood in for old instances is of no release that anybody would go back to.
void let_stand_ins_go(RolloutState& state) {
  for (Member& member : state.members)
    if (member.instance.group == InstanceGroup::stable && member.home < 0) member.leaving = true;
}

void begin_kind(Turn& turn, const RolloutStep& step) {
  RolloutState& state = turn.state;
  switch (step.kind) {
    case Kind::record_started:
      return turn.act(rollout_command::Record{What::started, state.to, ""});
    case Kind::hook:
      return turn.act(rollout_command::RunHook{step.hook});
    case Kind::prepare:
      return prepare_hosts(turn);
    case Kind::roll:
      state.by_count = true;
      state.scope = step.hosts;
      state.want_incoming = step.amount;
      state.want_baseline = 0;
      state.keep_old = step.keep;
      return;
    case Kind::scale:
      state.scope = step.hosts;
      state.want_incoming = step.amount;
      state.want_baseline = state.homes.empty() ? 0 : step.baseline;
      state.keep_old.reset();
      return;
    case Kind::weigh:
      state.by_count = false;
      state.share = step.amount;
      return turn.say("traffic: " + std::to_string(step.amount / 100) + "% to " + short_name(state.to));
    case Kind::header:
      state.header = step.route;
      return;
    case Kind::preview:
      state.preview = step.amount > 0;
      return;
    case Kind::analyse:
      return begin_looking(turn, step.time.value_or(Duration::zero()));
    case Kind::promote:
      state.promoted = true;
      end_looking(turn);
      let_stand_ins_go(state);
      return turn.act(rollout_command::Record{What::promoted, state.to, ""});
    case Kind::bake:
      state.phase = RolloutPhase::baking;
      turn.say("promoted; watched for " + to_words(step.time.value_or(Duration::zero())));
      if (state.spec.analyse_bake && !state.from.empty()) begin_looking(turn, step.time.value_or(Duration::zero()));
      return;
    case Kind::retire:
      state.scope = step.hosts;
      state.keep_old = 0;
      return;
    case Kind::finish:
      return finish(turn);
    case Kind::pause:
      if (!step.time) turn.say(std::string("waits for ") + kPerson);
      return;
  }
}

void begin_step(Turn& turn) {
  RolloutState& state = turn.state;
  const RolloutStep& step = state.steps[static_cast<size_t>(state.step)];
  state.step_begun = true;
  state.step_since = turn.now;
  state.go_on = false;
  if (step.number > 0 && state.phase == RolloutPhase::preparing) state.phase = RolloutPhase::rolling_out;
  const bool another = state.step > 0 && state.steps[static_cast<size_t>(state.step) - 1].number != step.number;
  if (another && step.number > 0) turn.say("step " + std::to_string(step.number) + ": " + step.title);
  begin_kind(turn, step);
}

bool is_over(const Turn& turn, const RolloutStep& step) {
  const RolloutState& state = turn.state;
  const bool time_is_up = step.time && state.step_since + *step.time <= turn.now;
  const bool is_looking = turn.is_pending<rollout_command::Measure>();  // and what it finds counts
  switch (step.kind) {
    case Kind::record_started:
    case Kind::promote:
      return !turn.is_pending<rollout_command::Record>();
    case Kind::hook:
      return !turn.is_pending<rollout_command::RunHook>();
    case Kind::prepare:
      return !turn.is_pending<rollout_command::Prepare>();
    case Kind::roll:
    case Kind::scale:
    case Kind::retire:
      return fleet_is_as_wanted(state) && split_is_as_wanted(state);
    case Kind::weigh:
    case Kind::header:
    case Kind::preview:
      return split_is_as_wanted(state);
    case Kind::pause:
      return time_is_up || state.go_on;
    case Kind::analyse:
      return (has_passed(state) && !is_looking) || state.go_on;
    case Kind::bake:
      return time_is_up && !is_looking;
    case Kind::finish:
      return state.pending.empty() && split_is_as_wanted(state);
  }
  return true;
}

/// Background analysis begins with the first traffic, and again after an analysis of its own right.
void keep_looking(Turn& turn, const RolloutStep& done) {
  RolloutState& state = turn.state;
  if (done.kind == Kind::analyse || done.kind == Kind::bake) end_looking(turn);
  const bool gave_traffic = done.kind == Kind::roll || done.kind == Kind::header || done.kind == Kind::analyse ||
                            (done.kind == Kind::weigh && done.amount > 0);
  if (gave_traffic && analyses_in_background(state) && !state.looking.on && !state.promoted && !state.hurry)
    begin_looking(turn, time_ahead(state));
}

void live(Turn& turn) {
  RolloutState& state = turn.state;
  const auto* colours = std::get_if<strategy::BlueGreen>(&state.spec.strategy);
  const bool kept = std::any_of(state.members.begin(), state.members.end(),
                                [](const Member& each) { return each.instance.group == InstanceGroup::stable; });
  if (colours && kept) state.keep_until = turn.now + colours->keep_old;
  turn.say(short_name(state.to) + " is live");
  end(turn, RolloutPhase::live);
}

/// Ends the current step or begins the next, where it can.
bool advance(Turn& turn) {
  RolloutState& state = turn.state;
  if (!is_forward(state) || state.phase == RolloutPhase::created || !state.held_by.empty()) return false;
  const RolloutStep& step = state.steps[static_cast<size_t>(state.step)];
  const bool skipped = state.hurry && step.skippable;
  if (!state.step_begun && !skipped) {
    if (is_boundary(state) && state.freeze) return false;
    if (const std::string lack = is_boundary(state) ? lacks_verdict(state) : ""; !lack.empty()) {
      if (!state.looking.last) return false;
      state.held_by = "a person: ci rollout continue, or abort (the analysis is inconclusive: " + lack + ")";
      turn.say("waits for a person: the analysis is inconclusive (" + lack + ")");
      return true;
    }
    begin_step(turn);
    return true;
  }
  if (!skipped && !is_over(turn, step)) return false;
  if (step.kind == Kind::finish) {
    live(turn);
    return true;
  }
  ++state.step;
  state.step_begun = false;
  keep_looking(turn, step);
  return true;
}

bool plan_if_free(Turn& turn) {
  RolloutState& state = turn.state;
  if (!is_forward(state) || state.scope == 0) return false;
  // Between stopping all and starting all nobody serves: that is no place for a pause.
  if (!state.held_by.empty() && !promise_of(state.spec).exclusive) return false;
  return plan_fleet(turn);
}

void check_deadline(Turn& turn) {
  const RolloutState& state = turn.state;
  if (!is_forward(state) || state.promoted || !state.deadline_at || !waits_for(state).empty()) return;
  if (*state.deadline_at <= turn.now) fail(turn, "it was not done within " + to_words(state.spec.deadline), "");
}

/// Waits for people and freezes don't count for the deadline.
void keep_waiting_clock(Turn& turn) {
  RolloutState& state = turn.state;
  const bool waits = is_forward(state) && !waits_for(state).empty();
  if (waits && !state.waiting_since) state.waiting_since = turn.now;
  if (waits || !state.waiting_since) return;
  if (state.deadline_at) *state.deadline_at += turn.now - *state.waiting_since;
  state.waiting_since.reset();
}

/// The old colour has stood long enough.
bool retire_kept(Turn& turn) {
  RolloutState& state = turn.state;
  if (state.phase != RolloutPhase::live || !state.keep_until || *state.keep_until > turn.now) return false;
  state.keep_until.reset();
  turn.say("the old instances of " + short_name(state.from) + " have stood long enough: they are stopped");
  for (Member& member : state.members)
    if (member.instance.group == InstanceGroup::stable) member.leaving = true;
  return true;
}

}  // namespace

const RolloutStep* current_step(const RolloutState& state) {
  if (state.step >= static_cast<int>(state.steps.size()) || state.phase == RolloutPhase::created) return nullptr;
  return &state.steps[static_cast<size_t>(state.step)];
}

void settle(Turn& turn) {
  RolloutState& state = turn.state;
  if (state.freeze && state.freeze->until && *state.freeze->until <= turn.now) state.freeze.reset();
  keep_waiting_clock(turn);
  retry_due(turn);
  bool again = state.phase != RolloutPhase::created;
  while (again) {
    again = check_health(turn);
    check_deadline(turn);
    again = look_if_due(turn) || again;
    again = advance(turn) || again;
    again = plan_if_free(turn) || again;
    again = take_back(turn) || again;
    again = retire_kept(turn) || again;
    again = move_members(turn) || again;
    if (!is_end(state.phase)) again = shift_traffic(turn) || again;
  }
  keep_waiting_clock(turn);
}

std::optional<Instant> next_due(const RolloutState& state) {
  std::optional<Instant> due;
  const auto consider = [&](const std::optional<Instant>& at) {
    if (at && (!due || *at < *due)) due = at;
  };
  for (const Pending& each : state.pending) consider(each.retry_at);
  if (state.phase == RolloutPhase::live) consider(state.keep_until);
  if (is_end(state.phase) || state.phase == RolloutPhase::created) return due;
  consider(next_health_due(state));
  if (!is_forward(state)) return due;
  const bool looks = std::any_of(state.pending.begin(), state.pending.end(), [](const Pending& each) {
    return std::holds_alternative<rollout_command::Measure>(each.command.what);
  });
  if (state.looking.on && !looks) consider(state.looking.next_at);
  if (state.freeze) consider(state.freeze->until);
  const bool waits = !waits_for(state).empty();
  if (!state.promoted && !waits) consider(state.deadline_at);
  const RolloutStep* step = current_step(state);
  const bool is_timed = step && (step->kind == Kind::pause || (step->kind == Kind::bake && !looks));
  if (is_timed && state.step_begun && step->time && !waits) consider(state.step_since + *step->time);
  return due;
}

std::string waits_for(const RolloutState& state) {
  const RolloutStep* step = current_step(state);
  if (!is_forward(state) || !step) return "";
  if (!state.held_by.empty()) return state.held_by;
  if (step->kind == Kind::pause && state.step_begun && !step->time && !state.go_on) return kPerson;
  if (state.freeze && is_boundary(state) && !(state.hurry && step->skippable))
    return "the freeze \"" + state.freeze->name + "\" to end";
  return "";
}

}  // namespace penstock::machine
