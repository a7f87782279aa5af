#include "coordinator/drive.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "coordinator/observer.h"
#include "coordinator/summary.h"
#include "coordinator/waiter.h"
#include "os/clock.h"
#include "store/log_store.h"

namespace penstock {

Drive::Drive(const CoordinatorParts& parts, Steering& steering, StoredRun run, DriverLease& lease, Patience patience)
    : parts_(parts),
      steering_(steering),
      lease_(lease),
      header_(std::move(run.header)),
      run_(std::move(run.run)),
      outputs_(run_),
      desk_(parts.store, parts.leases, parts.waiter, header_.id),
      patience_(patience) {
  for (size_t job = 0; job < run_.size(); ++job) desk_.learn(run_.job(job));
  if (lease_.fd() >= 0) {
    parts_.waiter.watch(lease_.fd(), [this] {
      lease_.take_wakes();
      look_into_inbox_ = true;
      look_at_claims_ = true;
    });
  }
  if (parts_.dispatcher.fd() >= 0) parts_.waiter.watch(parts_.dispatcher.fd(), [] {});
}

Drive::~Drive() {
  if (lease_.fd() >= 0) parts_.waiter.unwatch(lease_.fd());
  if (parts_.dispatcher.fd() >= 0) parts_.waiter.unwatch(parts_.dispatcher.fd());
}

Result<DriveEnd> Drive::run() {
  Result<DriveEnd> end = loop();
  if (!end.ok()) abandon();
  return end;
}

Result<DriveEnd> Drive::loop() {
  parts_.observer.driving(header_, run_);
  Step first = new_step();
  if (header_.version == 0) {
    apply(first, Event{first.transition.at, event::Started()});
  } else {
    PENSTOCK_CHECK(recover(first));
  }
  fill_slots(first);
  if (!first.transition.events.empty() || desk_.has_work()) PENSTOCK_CHECK(settle(first));
  for (;;) {
    Step step = new_step();
    PENSTOCK_TRY(const bool something, next_step(step));
    if (something) {
      PENSTOCK_CHECK(settle(step));
      continue;
    }
    if (std::optional<DriveEnd> end = end_now()) return *std::move(end);
    PENSTOCK_CHECK(sleep());
  }
}

Drive::Step Drive::new_step() const {
  Step step;
  step.transition.run = header_.id;
  step.transition.expected_version = header_.version;
  step.transition.at = parts_.clock.now();
  return step;
}

/// Everything that has happened, in one step. False where nothing has.
Result<bool> Drive::next_step(Step& step) {
  if (steering_.leave) return false;  // what came in this very moment is for the next driver
  apply_finished(step);
  apply_steering(step);
  PENSTOCK_CHECK(apply_inbox(step));
  apply_time(step);
  fill_slots(step);
  return !step.transition.events.empty() || !step.transition.inbox_taken.empty();
}

/// Tells the engine; false where it refuses.
bool Drive::apply(Step& step, Event event) {
  Result<std::vector<Command>> commands = run_.apply(event);
  if (!commands.ok()) {
    step.notices.push_back(commands.error().message);
    return false;
  }
  for (Command& command : *commands) {
    desk_.note(command);
    if (const auto* start = std::get_if<command::StartJob>(&command)) {
      step.transition.started.push_back({start->job, start->attempt});
    }
    step.commands.push_back(std::move(command));
  }
  if (const auto* added = std::get_if<event::JobsAdded>(&event.what)) {
    outputs_.learn_stages(added->stages);
    for (const Job& job : added->jobs) desk_.learn(job);
  }
  step.transition.events.push_back(std::move(event));
  return true;
}

void Drive::apply_finished(Step& step) {
  for (FinishedAttempt& finished : parts_.dispatcher.take_finished()) {
    const auto found = running_.find(finished.id);
    if (found == running_.end()) continue;  // of a run that this process drove before
    const Running running = std::move(found->second);
    running_.erase(found);
    const Job& job = run_.job(running.job);
    if (!finished.parked.empty()) {
      park(step, running.job, running.attempt, finished.parked);
      step.transition.ended.push_back({finished.id, job.name, finished.result});
      step.finished.push_back(std::move(finished));
      continue;
    }
    outputs_.keep(run_, running.job, finished.result);
    record_deployment(step, running, finished.result);
    step.transition.ended.push_back({finished.id, job.name, finished.result});
    apply(step, Event{step.transition.at, event::JobFinished{job.name, running.attempt, finished.result.outcome}});
    step.finished.push_back(std::move(finished));
  }
}

/// What it watches may have ended in the very moment in which it let go.
void Drive::park(Step& step, size_t job, int attempt, const std::string& why) {
  const std::string& name = run_.job(job).name;
  apply(step, Event{step.transition.at, event::JobParked{name, attempt, why}});
  if (told_early_.erase(job) == 0 || run_.state(job).status != Status::waiting_for_resource) return;
  apply(step, Event{step.transition.at, event::ResourceGranted{name}});
}

void Drive::record_deployment(Step& step, const Running& running, const JobResult& result) {
  const Job& job = run_.job(running.job);
  if (!job.environment) return;
  const JobState& state = run_.state(running.job);
  EnvironmentRecord record;
  record.environment = job.environment->name;
  record.action = job.environment->action;
  record.run = header_.id;
  record.job = job.name;
  record.commit = header_.facts.commit;
  record.url = result.environment_url;
  record.at = step.transition.at;
  record.by = state.opened_by.value_or(header_.facts.who);
  record.message = state.message;
  record.passed = result.outcome.reason == EndReason::passed;
  record.artifacts = running.inputs;
  step.transition.environments.push_back(std::move(record));
}

void Drive::apply_steering(Step& step) {
  if ((steering_.cancel || steering_.kill) && !cancel_told_) {
    cancel_told_ = true;
    if (!has_ended(run_.status())) {
      apply(step, Event{step.transition.at, event::CancelRequested{{}, steering_.by}});
    }
  }
  if (steering_.kill && !kill_told_) {
    kill_told_ = true;
    for (const auto& [id, running] : running_) parts_.dispatcher.stop(id, Dispatcher::Stop::kill);
  }
}

Result<> Drive::apply_inbox(Step& step) {
  if (!look_into_inbox_) return success();
  look_into_inbox_ = false;
  PENSTOCK_TRY(const std::vector<Posted> inbox, parts_.store.inbox(header_.id));
  for (const Posted& posted : inbox) apply_posted(step, posted);
  return success();
}

void Drive::apply_posted(Step& step, const Posted& posted) {
  step.transition.inbox_taken.push_back(posted.id);
  if (const auto* granted = std::get_if<event::ResourceGranted>(&posted.event.what)) {
    const std::optional<size_t> job = run_.index_of(granted->job);
    if (job && ungranted_.erase(*job) != 0) return;  // the engine believes that it has it
    if (job && run_.state(*job).status != Status::waiting_for_resource) {
      const bool watches = run_.job(*job).trigger || run_.job(*job).rollout;
      if (watches && !has_ended(run_.state(*job).status)) told_early_.insert(*job);
      // It went on without (cancelled, or granted twice): a claim that it doesn't need must not stay.
      const auto& group = run_.job(*job).resource_group;
      if (group && has_ended(run_.state(*job).status)) desk_.note(command::ReleaseResource{granted->job, group->name});
      return;
    }
  }
  Event event = posted.event;
  event.at = step.transition.at;
  apply(step, std::move(event));
}

void Drive::apply_time(Step& step) {
  const std::optional<Instant> due = run_.next_due();
  if (due && *due <= step.transition.at) apply(step, Event{step.transition.at, event::TimeReached()});
}

void Drive::fill_slots(Step& step) {
  const int free = parts_.dispatcher.free_slots() - static_cast<int>(step.transition.started.size());
  if (free <= 0) return;
  size_t taken = 0;
  for (const size_t job : run_.pending(static_cast<size_t>(free) + ungranted_.size())) {
    if (taken == static_cast<size_t>(free)) return;
    if (ungranted_.contains(job)) continue;
    apply(step, Event{step.transition.at, event::JobStarted{run_.job(job).name}});
    ++taken;
  }
}

std::optional<DriveEnd> Drive::end_now() const {
  if (!running_.empty()) return std::nullopt;
  DriveEnd end;
  end.status = run_.status();
  end.warnings = run_.has_warnings();
  end.due_at = run_.next_due();
  if (has_ended(end.status)) {
    end.how = DriveEnd::How::ended;
    return end;
  }
  if (!run_.is_parked() || (is_patient() && !steering_.leave)) return std::nullopt;
  end.how = DriveEnd::How::parked;
  return end;
}

/// Whether something is worth waiting for, of what comes without a person.
bool Drive::is_patient() const {
  if (patience_.resources && !waiting_.empty() && !waits_in_vain_) return true;
  const std::optional<Instant> due = run_.next_due();
  return due && *due - parts_.clock.now() <= patience_.due_within;
}

Result<> Drive::sleep() {
  if (running_.empty() && ungranted_.empty() && !run_.is_parked() && run_.pending(1).empty()) {
    return Error{Fault::internal, "run " + std::to_string(header_.id) + " is stuck: nothing can happen in it", {}};
  }
  if (look_at_claims_ && !(waiting_.empty() && ungranted_.empty())) {
    look_at_claims_ = false;
    std::set<std::string> groups;
    for (const auto* jobs : {&waiting_, &ungranted_}) {
      for (const size_t job : *jobs) groups.insert(run_.job(job).resource_group->name);
    }
    const auto woken = [this] { look_into_inbox_ = look_at_claims_ = true; };
    PENSTOCK_TRY(const bool dropped, desk_.wait_for(groups, woken));
    // Between our request and this watch the last holder may have died after its grant, before it could wake us.
    PENSTOCK_TRY(const std::vector<Posted> inbox, parts_.store.inbox(header_.id));
    if (dropped || !inbox.empty()) {
      look_into_inbox_ = true;
      return success();
    }
    if (!patience_.undriven) {
      PENSTOCK_TRY(const bool anybody, desk_.anybody_before(groups));
      waits_in_vain_ = !anybody;
      if (waits_in_vain_) return success();
    }
  }
  steering_.awaits_time = run_.is_parked() && waiting_.empty() && run_.next_due();
  parts_.waiter.wait(run_.next_due());
  steering_.awaits_time = false;
  return success();
}

/// The store failed: what runs is killed, and nothing that it still does is recorded.
void Drive::abandon() {
  for (const auto& [id, running] : running_) parts_.dispatcher.stop(id, Dispatcher::Stop::kill);
  while (!running_.empty()) {
    for (const FinishedAttempt& finished : parts_.dispatcher.take_finished()) running_.erase(finished.id);
    if (!running_.empty()) parts_.waiter.wait(std::nullopt);
  }
}

}  // namespace penstock
