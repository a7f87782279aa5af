// The second half of a step: commit, then act.

#include <utility>
#include <variant>

#include "coordinator/drive.h"
#include "coordinator/observer.h"
#include "coordinator/summary.h"
#include "os/clock.h"
#include "store/log_store.h"

namespace penstock {

namespace {

bool waits_for_group(const Run& run, size_t job) {
  const JobState& state = run.state(job);
  return state.status == Status::waiting_for_resource && run.job(job).resource_group && !has_let_go(state);
}

}  // namespace

Result<> Drive::settle(Step& step) {
  Transition& transition = step.transition;
  for (const size_t job : run_.take_changed()) {
    transition.jobs.emplace_back(job, run_.state(job));
    if (waits_for_group(run_, job)) {
      look_at_claims_ |= waiting_.insert(job).second;
    } else {
      waiting_.erase(job);
    }
    if (run_.state(job).status != Status::pending) ungranted_.erase(job);
  }
  transition.record = run_.record();
  transition.summary = summarize(run_, header_.summary, transition.at);
  transition.promise = promise_of(step);
  const bool over = has_ended(transition.summary.status) || transition.summary.parked;
  if (over && running_.empty() && transition.started.empty()) parts_.dispatcher.rest();  // beside the commit
  if (transition.promise == Promise::power_safe) PENSTOCK_CHECK(parts_.dispatcher.sync_kept());

  PENSTOCK_TRY(const Committed committed, commit(step));
  ++header_.version;
  header_.summary = transition.summary;
  look_into_inbox_ |= desk_.committed(transition);
  tell(step);
  return act(step, committed.attempt_ids);
}

Result<Committed> Drive::commit(Step& step) {
  for (;;) {
    PENSTOCK_CHECK(desk_.prepare(step.transition));
    tell_parent(step);
    PENSTOCK_TRY(Committed committed, parts_.store.commit(step.transition));
    if (!committed.arbiter_moved) return committed;
  }
}

Promise Drive::promise_of(const Step& step) const {
  const Transition& transition = step.transition;
  if (has_ended(transition.summary.status) || transition.summary.parked) return Promise::power_safe;
  if (!transition.environments.empty()) return Promise::power_safe;
  for (const Event& event : transition.events) {
    if (std::holds_alternative<event::Approved>(event.what) || std::holds_alternative<event::Rejected>(event.what)) {
      return Promise::power_safe;
    }
    const auto* started = std::get_if<event::JobStarted>(&event.what);
    if (started != nullptr && run_.job(*run_.index_of(started->job)).environment) return Promise::power_safe;
  }
  return Promise::crash_safe;
}

void Drive::tell(const Step& step) {
  for (const FinishedAttempt& finished : step.finished) {
    for (const AttemptEnd& end : step.transition.ended) {
      if (end.id != finished.id) continue;
      parts_.observer.attempt_ended(run_, *run_.index_of(end.job), end.id, end.result);
    }
  }
  for (const auto& [job, state] : step.transition.jobs) parts_.observer.job_changed(run_, job);
  for (const std::string& notice : step.notices) parts_.observer.notice(notice);
}

Result<> Drive::act(const Step& step, const std::vector<int64_t>& attempt_ids) {
  size_t next = 0;
  for (const Command& command : step.commands) {
    const auto* started = std::get_if<command::StartJob>(&command);
    if (started != nullptr) PENSTOCK_CHECK(start(*started, attempt_ids.at(next++)));
  }
  for (const Command& command : step.commands) {
    if (const auto* cancelled = std::get_if<command::CancelJob>(&command)) stop(*cancelled);
  }
  return success();
}

Result<> Drive::start(const command::StartJob& command, int64_t attempt_id) {
  const size_t job = *run_.index_of(command.job);
  LowerRequest request{header_,
                       run_.plan(),
                       run_.job(job),
                       command.attempt,
                       attempt_id,
                       parts_.logs.address(header_.id, attempt_id),
                       outputs_.inputs_of(run_, job)};
  std::string unmet;
  PENSTOCK_TRY(const std::vector<JobOutput> family, from_family(run_.job(job), unmet));
  for (const JobOutput& output : family) request.inputs.push_back(&output);
  JobSpec spec = lower(request);
  if (spec.unmet.empty()) spec.unmet = std::move(unmet);
  Running running{job, command.attempt, {}};
  for (const ArtifactInput& input : spec.inputs) running.inputs.push_back(input.tree);
  running_.emplace(attempt_id, std::move(running));
  parts_.observer.attempt_started(run_, job, attempt_id);
  parts_.dispatcher.start(std::move(spec));
  return success();
}

void Drive::stop(const command::CancelJob& command) {
  const size_t job = *run_.index_of(command.job);
  for (const auto& [id, running] : running_) {
    if (running.job != job || running.attempt != command.attempt) continue;
    parts_.dispatcher.stop(id, steering_.kill ? Dispatcher::Stop::kill : Dispatcher::Stop::graceful);
  }
}

}  // namespace penstock
