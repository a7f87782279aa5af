#include "coordinator/rollout_drive.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "calendar/freeze_calendar.h"
#include "coordinator/waiter.h"
#include "os/clock.h"
#include "rollout/json.h"
#include "store/driver_lease.h"

namespace penstock {

RolloutDrive::RolloutDrive(const RolloutDriverParts& parts, StoredRollout stored, DriverLease& lease,
                           std::unique_ptr<Deliverer>& deliverer, std::vector<rollout_event::Steered>& steered,
                           const bool& leave)
    : parts_(parts),
      stored_(std::move(stored)),
      lease_(lease),
      deliverer_(deliverer),
      steered_(steered),
      leave_(leave),
      retires_(stored_.record.summary.ended) {
  if (lease_.fd() >= 0) {
    parts_.waiter.watch(lease_.fd(), [this] {
      lease_.take_wakes();
      look_into_inbox_ = true;
    });
  }
  if (deliverer_->fd() >= 0) parts_.waiter.watch(deliverer_->fd(), [] {});
}

RolloutDrive::~RolloutDrive() {
  if (lease_.fd() >= 0) parts_.waiter.unwatch(lease_.fd());
  if (deliverer_ && deliverer_->fd() >= 0) parts_.waiter.unwatch(deliverer_->fd());
}

Result<RolloutEnd> RolloutDrive::run(const RolloutSpec& spec) {
  PENSTOCK_CHECK(load(spec));
  deliverer_->observe();
  PENSTOCK_TRY(const std::optional<RolloutEnd> ended, begin());
  if (ended) return *ended;
  for (;;) {
    PENSTOCK_TRY(const Step step, gather());
    PENSTOCK_TRY(const std::optional<RolloutEnd> end, settle(step));
    if (end) return *end;
    if (leave_) return RolloutEnd{RolloutEnd::How::left, stored_.record.summary, {}};
    if (!step.changed) sleep();
  }
}

Result<> RolloutDrive::load(const RolloutSpec& spec) {
  if (!stored_.state.empty()) {
    PENSTOCK_TRY(rollout_, Rollout::from_json(stored_.state));
    return success();
  }
  frozen_ = false;
  const bool back = stored_.record.facts.kind != RolloutFacts::Kind::deploy;
  auto fresh =
      Rollout::create(back ? for_rollback(spec) : spec, stored_.record.facts.from, stored_.record.facts.release);
  if (!fresh.ok()) {
    PENSTOCK_CHECK(end_before_it_began(fresh.error().message));
    return fresh.error();
  }
  rollout_ = std::move(*fresh);
  return success();
}

/// Waits for the first look at the target, which also tells whether the environment is ours.
Result<std::optional<RolloutEnd>> RolloutDrive::begin() {
  for (;;) {
    if (leave_) return std::optional(RolloutEnd{RolloutEnd::How::left, stored_.record.summary, {}});
    Step step;
    step.at = parts_.clock.now();
    for (RolloutEvent& event : deliverer_->take_events()) {
      if (const auto* lost = std::get_if<rollout_event::LeaseLost>(&event.what)) {
        return std::optional(RolloutEnd{RolloutEnd::How::held, stored_.record.summary, lost->holder});
      }
      if (const auto* failed = std::get_if<rollout_event::Failed>(&event.what)) {
        if (!stored_.state.empty()) {
          return Error{Fault::machine, "can't look at " + stored_.record.facts.environment + ": " + failed->reason,
                       "mend that, then: ci resume"};
        }
        PENSTOCK_TRY(RolloutEnd end, end_before_it_began(failed->reason));
        return std::optional(std::move(end));
      }
      apply(step, std::move(event));
    }
    if (step.observed) return settle(step);
    parts_.waiter.wait(std::nullopt);
  }
}

Result<RolloutEnd> RolloutDrive::end_before_it_began(std::string reason) {
  let_go();
  RolloutTransition transition = next_step(stored_, parts_.clock.now());
  transition.summary.phase = to_string(RolloutPhase::failed);
  transition.summary.ended = true;
  transition.summary.ended_at = transition.at;
  transition.summary.reason = std::move(reason);
  PENSTOCK_CHECK(parts_.store.commit_rollout(transition));
  return RolloutEnd{RolloutEnd::How::ended, transition.summary, {}};
}

Result<RolloutDrive::Step> RolloutDrive::gather() {
  Step step;
  step.at = parts_.clock.now();
  for (RolloutEvent& event : deliverer_->take_events()) apply(step, std::move(event));
  for (rollout_event::Steered& steered : std::exchange(steered_, {})) {
    apply(step, {step.at, std::move(steered)});
  }
  PENSTOCK_CHECK(apply_inbox(step));
  apply_freezes(step);
  const std::optional<Instant> due = rollout_->next_due();
  if (due && *due <= step.at) apply(step, {step.at, rollout_event::TimeReached()});
  return step;
}

/// Tells the machine. What it refuses is a person's wish, and is told back.
void RolloutDrive::apply(Step& step, RolloutEvent event) {
  const RolloutView before = rollout_->view();
  const bool observed = std::holds_alternative<rollout_event::Observed>(event.what);
  if (retires_ && std::holds_alternative<rollout_event::LeaseLost>(event.what)) lost_retired_ = true;
  if (const auto* measured = std::get_if<rollout_event::Measured>(&event.what);
      measured && !measured->evidence.empty()) {
    analyses_.push_back(measured->evidence);
  }
  auto commands = rollout_->apply(event);
  if (!commands.ok()) {
    step.lines.push_back(commands.error().message);
    step.changed = true;
    return;
  }
  unwritten_.push_back(to_json(event));
  step.observed = step.observed || observed;
  step.changed = step.changed || observed || !commands->empty() || !(before == rollout_->view());
  for (RolloutCommand& command : *commands) {
    if (auto* say = std::get_if<rollout_command::Say>(&command.what)) {
      step.lines.push_back(with_names(std::move(say->text)));
    } else {
      step.commands.push_back(std::move(command));
    }
  }
}

/// People know releases by their names; the machine knows their ids alone.
std::string RolloutDrive::with_names(std::string text) const {
  constexpr size_t kShown = 12;
  const RolloutFacts& facts = stored_.record.facts;
  for (const auto& [id, name] :
       {std::pair(facts.release, facts.release_name), std::pair(facts.from, facts.from_name)}) {
    if (id.size() < kShown || name.empty()) continue;
    for (size_t at = 0; (at = text.find(id.substr(0, kShown), at)) != std::string::npos; at += name.size()) {
      const bool whole = text.compare(at, id.size(), id) == 0;
      text.replace(at, whole ? id.size() : kShown, name);
    }
  }
  return text;
}

void RolloutDrive::apply_freezes(Step& step) {
  if (parts_.freezes == nullptr) return;
  const std::optional<ActiveFreeze> active = parts_.freezes->at(step.at);
  if (frozen_ == active.has_value()) return;
  frozen_ = active.has_value();
  rollout_event::Freeze freeze;
  if (active) {
    freeze.name = active->window;
    freeze.until = active->until.value_or(Instant::max());
  }
  apply(step, {step.at, std::move(freeze)});
}

Result<> RolloutDrive::apply_inbox(Step& step) {
  if (!std::exchange(look_into_inbox_, false)) return success();
  PENSTOCK_TRY(std::vector<PostedSteering> inbox, parts_.store.steering(stored_.record.id));
  for (PostedSteering& posted : inbox) {
    step.inbox_taken.push_back(posted.id);
    step.changed = true;
    apply(step, {step.at, std::move(posted.steered)});
  }
  return success();
}

Result<> RolloutDrive::commit(const Step& step) {
  const RolloutView view = rollout_->view();
  RolloutTransition transition = next_step(stored_, step.at);
  transition.events = std::exchange(unwritten_, {});
  transition.lines = step.lines;
  transition.analyses = std::exchange(analyses_, {});
  transition.state = rollout_->to_json();
  transition.summary = summarize(view, stored_.record.summary, step.at);
  transition.summary.reason = with_names(std::move(transition.summary.reason));
  transition.summary.waits_for = with_names(std::move(transition.summary.waits_for));
  if (transition.summary.ended) transition.summary.due_at = kept_until(step.at);
  transition.inbox_taken = step.inbox_taken;
  PENSTOCK_CHECK(parts_.store.commit_rollout(transition));
  ++stored_.record.version;
  stored_.record.summary = std::move(transition.summary);
  for (const std::string& line : step.lines) parts_.observer.said(step.at, line);
  parts_.observer.changed(stored_.record, view);
  return success();
}

void RolloutDrive::act(const Step& step) {
  const std::vector<RolloutCommand> commands = step.observed ? rollout_->outstanding() : step.commands;
  for (const RolloutCommand& command : commands) deliverer_->act(command);
}

/// Until when old instances stand after the rollout's end; `now` while they are being stopped.
std::optional<Instant> RolloutDrive::kept_until(Instant now) const {
  if (rollout_->phase() != RolloutPhase::live) return std::nullopt;
  if (const std::optional<Instant> due = rollout_->next_due()) return due;
  return retires_ && !rollout_->outstanding().empty() ? std::optional(now) : std::nullopt;
}

/// Makes it durable, and acts. What has ended counts as ended for everybody else at once, and nobody resumes it: the
/// environment is let go before that.
Result<std::optional<RolloutEnd>> RolloutDrive::settle(const Step& step) {
  const bool is_retiring = retires_ && !lost_retired_ && kept_until(parts_.clock.now());
  const bool is_over = is_end(rollout_->phase()) && !is_retiring;
  if (is_over) let_go();
  if (step.changed || (is_over && retires_)) PENSTOCK_CHECK(commit(step));  // also that nothing is kept any more
  if (is_over) return std::optional(RolloutEnd{RolloutEnd::How::ended, stored_.record.summary, {}});
  if (step.changed) act(step);
  return std::optional<RolloutEnd>();
}

void RolloutDrive::let_go() {
  if (deliverer_->fd() >= 0) parts_.waiter.unwatch(deliverer_->fd());
  deliverer_.reset();
  if (parts_.before_end) parts_.before_end();
}

void RolloutDrive::sleep() {
  std::optional<Instant> until = rollout_->next_due();
  if (parts_.freezes != nullptr) {
    const std::optional<Instant> change = parts_.freezes->next_change(parts_.clock.now());
    if (change && (!until || *change < *until)) until = change;
  }
  parts_.waiter.wait(until);
}

}  // namespace penstock
