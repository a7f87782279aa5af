#include "rollout/rollout.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "rollout/answers.h"
#include "rollout/health.h"
#include "rollout/progress.h"
#include "rollout/recovery.h"
#include "rollout/state.h"
#include "rollout/steering.h"
#include "rollout/steps.h"
#include "rollout/taking_back.h"
#include "rollout/turn.h"
#include "rollout/view.h"

namespace penstock {

namespace {

using machine::Turn;

/// What each kind of event does; `settle` then takes everything as far as it goes.
struct Happening {
  Turn& turn;

  Result<> operator()(const rollout_event::Observed& event) { return then(machine::on_observed, event); }
  Result<> operator()(const rollout_event::Done& event) { return then(machine::on_done, event); }
  Result<> operator()(const rollout_event::Failed& event) { return then(machine::on_failed, event); }
  Result<> operator()(const rollout_event::Probed& event) { return then(machine::on_probed, event); }
  Result<> operator()(const rollout_event::Measured& event) {
    machine::on_measured(turn, event);
    return success();
  }
  Result<> operator()(const rollout_event::TimeReached&) { return success(); }
  Result<> operator()(const rollout_event::Freeze& event) { return then(machine::on_freeze, event); }
  Result<> operator()(const rollout_event::Steered& event) { return machine::on_steered(turn, event); }
  Result<> operator()(const rollout_event::LeaseLost& event) {
    if (is_end(turn.state.phase)) return success();
    turn.state.reason = event.holder + " has the environment now";
    turn.say(turn.state.reason);
    turn.state.pending.clear();
    machine::end(turn, RolloutPhase::lost);
    return success();
  }

 private:
  template <class Event>
  Result<> then(void (*react)(Turn&, const Event&), const Event& event) {
    react(turn, event);
    return success();
  }
};

}  // namespace

bool is_end(RolloutPhase phase) {
  return phase == RolloutPhase::live || phase == RolloutPhase::taken_back || phase == RolloutPhase::failed ||
         phase == RolloutPhase::lost;
}

std::string_view to_string(RolloutPhase phase) {
  switch (phase) {
    case RolloutPhase::created:
      return "created";
    case RolloutPhase::preparing:
      return "preparing";
    case RolloutPhase::rolling_out:
      return "rolling_out";
    case RolloutPhase::paused:
      return "paused";
    case RolloutPhase::baking:
      return "baking";
    case RolloutPhase::taking_back:
      return "taking_back";
    case RolloutPhase::live:
      return "live";
    case RolloutPhase::taken_back:
      return "taken_back";
    case RolloutPhase::failed:
      return "failed";
    case RolloutPhase::lost:
      return "lost";
  }
  return "";
}

Result<Rollout> Rollout::create(RolloutSpec spec, std::string from, std::string to) {
  if (to.empty()) return Error{Fault::user, "a rollout needs a release", ""};
  PENSTOCK_TRY(auto steps, machine::steps_of(spec));
  auto state = std::make_unique<State>();
  state->spec = std::move(spec);
  state->from = std::move(from);
  state->to = std::move(to);
  state->steps = std::move(steps);
  return Rollout(std::move(state));
}

Result<std::vector<RolloutCommand>> Rollout::apply(const RolloutEvent& event) {
  // A refusal must change nothing. Only a person's wish is refused, and before it changes anything but the clock.
  const Instant before = state_->now;
  state_->now = std::max(state_->now, event.at);
  Turn turn{*state_, state_->now, {}};
  const auto result = std::visit(Happening{turn}, event.what);
  if (!result.ok()) {
    state_->now = before;
    return result.error();
  }
  machine::settle(turn);
  return std::move(turn.commands);
}

const RolloutSpec& Rollout::spec() const { return state_->spec; }
const std::string& Rollout::from() const { return state_->from; }
const std::string& Rollout::to() const { return state_->to; }

RolloutPhase Rollout::phase() const {
  return machine::waits_for(*state_).empty() ? state_->phase : RolloutPhase::paused;
}

RolloutView Rollout::view() const { return machine::view_of(*state_); }

std::optional<Instant> Rollout::next_due() const { return machine::next_due(*state_); }

std::vector<RolloutCommand> Rollout::outstanding() const {
  std::vector<RolloutCommand> commands;
  for (const Pending& each : state_->pending)
    if (!each.retry_at) commands.push_back(each.command);
  if (is_end(state_->phase)) return commands;
  for (const Member& member : state_->members)
    if (member.life == Member::Life::up && !member.leaving)
      commands.push_back({0, rollout_command::Watch{member.instance, true}});
  return commands;
}

bool operator==(const Rollout& a, const Rollout& b) { return *a.state_ == *b.state_; }

Rollout::Rollout(std::unique_ptr<State> state) : state_(std::move(state)) {}
Rollout::Rollout(const Rollout& other) : state_(std::make_unique<State>(*other.state_)) {}
Rollout& Rollout::operator=(const Rollout& other) {
  *state_ = *other.state_;
  return *this;
}
Rollout::Rollout(Rollout&&) noexcept = default;
Rollout& Rollout::operator=(Rollout&&) noexcept = default;
Rollout::~Rollout() = default;

}  // namespace penstock
