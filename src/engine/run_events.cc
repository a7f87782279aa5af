#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/suggest.h"
#include "engine/run_state.h"
#include "plan/check.h"
#include "plan/end_reason.h"

namespace penstock {
namespace {

/// What a person asked for makes no sense now.
Error refusal(std::string message, std::string help = {}) { return {Fault::user, std::move(message), std::move(help)}; }

/// A driver reports what can't have happened.
Error contradiction(std::string message) { return {Fault::internal, std::move(message), {}}; }

bool may_retry(const Retry& retry, const JobState& state, const JobOutcome& outcome) {
  if (state.automatic_retries >= retry.max) return false;
  const bool any_reason = retry.when.empty() && retry.exit_codes.empty();
  if (any_reason && retry_word_matches("always", outcome.reason)) return true;
  const auto matches = [&](const std::string& word) { return retry_word_matches(word, outcome.reason); };
  if (std::any_of(retry.when.begin(), retry.when.end(), matches)) return true;
  return outcome.reason == EndReason::script_failure && outcome.exit_code &&
         std::find(retry.exit_codes.begin(), retry.exit_codes.end(), *outcome.exit_code) != retry.exit_codes.end();
}

bool is_allowed(const AllowFailure& allow, const JobOutcome& outcome) {
  // A person said no: that is never a detail.
  if (outcome.reason == EndReason::rejected) return false;
  if (allow.always) return true;
  return outcome.reason == EndReason::script_failure && outcome.exit_code &&
         std::find(allow.exit_codes.begin(), allow.exit_codes.end(), *outcome.exit_code) != allow.exit_codes.end();
}

std::string attempt_in_words(const JobState& state, const JobOutcome& outcome) {
  return "attempt " + std::to_string(state.attempt) + " ended with " + std::string(name_of(outcome.reason));
}

}  // namespace

Result<size_t> Run::State::find(const std::string& name) const {
  if (const auto found = job_index.find(name); found != job_index.end()) return found->second;
  std::vector<std::string_view> names;
  for (const Slot& slot : slots) names.emplace_back(slot.job->name);
  const auto near = did_you_mean(name, names);
  return refusal("the run has no job " + quoted(name), near ? "did you mean " + quoted(*near) + "?" : "");
}

Result<> Run::State::handle(const event::Started&) {
  if (record.started) return contradiction("the run has started already");
  record.started = true;
  for (size_t i = 0; i < slots.size(); ++i) {
    claim(i, claim_for(slots[i]));
    if (slots[i].job->needs && slots[i].job->needs->empty()) to_consider.push_back(i);
  }
  walk_from = 0;
  return success();
}

Result<> Run::State::handle(const event::JobStarted& event) {
  PENSTOCK_TRY(const size_t i, find(event.job));
  JobState& state = slots[i].state;
  if (state.status != Status::pending) return contradiction(in_words(i) + " and cannot start");
  move(i, Status::running);
  ++state.attempt;
  state.started_at = now;
  state.ended_at.reset();
  commands.emplace_back(command::StartJob{event.job, state.attempt});
  return success();
}

Result<> Run::State::handle(const event::JobFinished& event) {
  PENSTOCK_TRY(const size_t i, find(event.job));
  JobState& state = slots[i].state;
  const bool under_way = state.status == Status::running || state.status == Status::canceling;
  const bool never_began = state.status == Status::pending && event.attempt == state.attempt + 1;
  if (!never_began && (!under_way || event.attempt != state.attempt))
    return contradiction("attempt " + std::to_string(event.attempt) + " of " + quoted(event.job) +
                         " is not the one that runs");
  if (never_began) ++state.attempt;
  if (state.status == Status::canceling) {
    JobOutcome outcome = event.outcome;
    if (outcome.reason == EndReason::passed && outcome.detail.empty()) outcome.detail = "its script had already passed";
    outcome.reason = EndReason::canceled;
    finish(i, std::move(outcome));
  } else if (may_retry(slots[i].job->retry, state, event.outcome)) {
    ++state.automatic_retries;
    state.outcome = event.outcome;
    state.ended_at = now;
    go_again(i, "again by `retry`: " + attempt_in_words(state, event.outcome));
  } else {
    finish(i, event.outcome);
  }
  return success();
}

Result<> Run::State::handle(const event::JobLost& event) {
  constexpr int kLossesBorne = 2;
  PENSTOCK_TRY(const size_t i, find(event.job));
  const Job& job = *slots[i].job;
  JobState& state = slots[i].state;
  if ((state.status != Status::running && state.status != Status::canceling) || event.attempt != state.attempt)
    return contradiction("attempt " + std::to_string(event.attempt) + " of " + quoted(event.job) +
                         " is not the one that runs");
  if (state.status == Status::canceling) {
    finish(i, {EndReason::canceled, std::nullopt, "ci ended before it was seen to stop"});
    return success();
  }
  JobOutcome outcome{EndReason::interrupted, std::nullopt, {}};
  if (job.rollout || job.trigger) {  // what it watches is an entity of its own, which the next attempt joins
    state.ended_at = now;
    state.outcome = outcome;
    go_again(i, std::string("again: ci ended while it watched its ") + (job.rollout ? "rollout" : "pipeline"));
  } else if (job.environment || job.gate.kind == Gate::Kind::manual) {
    outcome.detail = job.environment
                         ? "it deploys to " + quoted(job.environment->name) + ", so it is not repeated by itself"
                         : "a person started it, so it is not repeated by itself";
    finish(i, std::move(outcome));
  } else if (state.losses == kLossesBorne) {
    outcome.detail = "it was lost " + std::to_string(kLossesBorne + 1) + " times";
    finish(i, std::move(outcome));
  } else {
    ++state.losses;
    state.ended_at = now;
    state.outcome = outcome;
    go_again(i, "again: ci ended while attempt " + std::to_string(state.attempt) + " ran");
  }
  return success();
}

Result<> Run::State::handle(const event::JobParked& event) {
  PENSTOCK_TRY(const size_t i, find(event.job));
  JobState& state = slots[i].state;
  const bool under_way = state.status == Status::running || state.status == Status::canceling;
  if (!under_way || event.attempt != state.attempt)
    return contradiction("attempt " + std::to_string(event.attempt) + " of " + quoted(event.job) +
                         " is not the one that runs");
  if (state.status == Status::canceling) {
    finish(i, {EndReason::canceled, std::nullopt, {}});
    return success();
  }
  move(i, Status::waiting_for_resource);
  state.why = event.why;
  return success();
}

Result<> Run::State::handle(const event::TimeReached&) {
  while (!scheduled.empty() && scheduled.begin()->first <= now) {
    const size_t i = scheduled.begin()->second;
    slots[i].state.why = "its delay of " + to_words(slots[i].job->gate.delay) + " is over";
    enqueue(i);
  }
  return success();
}

Result<> Run::State::handle(const event::Approved& event) {
  PENSTOCK_TRY(const size_t i, find(event.job));
  JobState& state = slots[i].state;
  if (state.status != Status::manual && state.status != Status::scheduled) {
    const bool ended = has_ended(state.status) && state.status != Status::skipped;
    return refusal(in_words(i) + ", so there is no gate to open",
                   ended ? "`ci retry " + event.job + "` runs it again" : "");
  }
  state.opened_by = event.by;
  state.message = event.message;
  state.automatic_retries = 0;
  state.losses = 0;
  state.why = "opened by " + event.by.name;
  enqueue(i);
  reset_dependents({i});
  return success();
}

Result<> Run::State::handle(const event::Rejected& event) {
  PENSTOCK_TRY(const size_t i, find(event.job));
  JobState& state = slots[i].state;
  if (state.status != Status::manual && state.status != Status::scheduled)
    return refusal(in_words(i) + ", so there is no gate to refuse");
  state.opened_by = event.by;
  state.message = event.message;
  finish(i, {EndReason::rejected, std::nullopt, "refused by " + event.by.name});
  return success();
}

Result<> Run::State::handle(const event::CancelRequested& event) {
  const std::string why = "canceled by " + event.by.name;
  if (event.job.empty()) {
    if (has_ended(record.status)) return refusal("the run has ended, so there is nothing to cancel");
    cancel_all(why);
    return success();
  }
  PENSTOCK_TRY(const size_t i, find(event.job));
  const Status status = slots[i].state.status;
  if (has_ended(status) || status == Status::canceling) return refusal(in_words(i) + ", so there is nothing to cancel");
  cancel(i, why);
  return success();
}

Result<> Run::State::handle(const event::RetryRequested& event) {
  if (event.job.empty()) return retry_run(event.by);
  PENSTOCK_TRY(const size_t i, find(event.job));
  const Status status = slots[i].state.status;
  if (!has_ended(status)) return refusal(in_words(i) + " and cannot be run again yet");
  if (status == Status::skipped) return refusal(in_words(i), "run again what it waits for");
  retry_job(i, event.by);
  return success();
}

Result<> Run::State::handle(const event::ResourceGranted& event) {
  PENSTOCK_TRY(const size_t i, find(event.job));
  if (slots[i].state.status != Status::waiting_for_resource)
    return contradiction(in_words(i) + " and does not wait for its resource group");
  move(i, Status::pending);
  return success();
}

Result<> Run::State::check_added(const event::JobsAdded& event) const {
  // The new jobs with needs among each other are a plan of their own; needs on jobs of the run can't make a cycle.
  Plan joined;
  for (const Stage& stage : stages) joined.stages.emplace_back(stage.name);
  for (const std::string& stage : event.stages)
    if (!stage_index.contains(stage)) joined.stages.push_back(stage);
  joined.jobs = event.jobs;
  for (Job& job : joined.jobs) {
    if (job_index.contains(job.name)) return refusal("job " + quoted(job.name) + " exists twice");
    if (!job.needs) continue;
    for (const Need& need : *job.needs) {
      const auto found = job_index.find(need.job);
      const auto stage = stage_index.find(job.stage);
      if (found != job_index.end() && stage != stage_index.end() && slots[found->second].stage > stage->second)
        return refusal("job " + quoted(job.name) + " needs " + quoted(need.job) + " of a later stage");
    }
    std::erase_if(*job.needs, [&](const Need& need) { return job_index.contains(need.job); });
  }
  return check(joined);
}

Result<> Run::State::handle(const event::JobsAdded& event) {
  PENSTOCK_CHECK(check_added(event));
  const auto kept = added.emplace_back(std::make_shared<const event::JobsAdded>(event));
  for (const std::string& stage : kept->stages) add_stage(stage);
  const size_t first = slots.size();
  add_jobs(kept->jobs);
  for (size_t i = first; i < slots.size(); ++i) {
    claim(i, claim_for(slots[i]));
    touch(i);
    to_consider.push_back(i);
    walk_from = std::min(walk_from, slots[i].stage);
  }
  return success();
}

/// The last attempt of a job has ended for good.
void Run::State::finish(size_t i, JobOutcome outcome) {
  JobState& state = slots[i].state;
  const bool allowed = is_allowed(slots[i].job->allow_failure, outcome);
  state.ended_at = now;
  state.why = outcome.detail.empty() ? std::string(sentence_of(outcome.reason)) : outcome.detail;
  const EndReason reason = outcome.reason;
  state.outcome = std::move(outcome);
  if (reason == EndReason::passed) {
    move(i, Status::success);
  } else if (reason == EndReason::canceled) {
    move(i, Status::canceled, allowed);
  } else {
    move(i, Status::failed, allowed);
    if (!allowed && plan->auto_cancel.on_job_failure) cancel_all("canceled because " + in_words(i));
  }
}

/// Told to stop where it runs, ended at once where it doesn't.
void Run::State::cancel(size_t i, const std::string& why) {
  JobState& state = slots[i].state;
  if (has_ended(state.status) || state.status == Status::canceling) return;
  if (state.status == Status::running) {
    move(i, Status::canceling);
    state.why = why;
    commands.emplace_back(command::CancelJob{slots[i].job->name, state.attempt});
    return;
  }
  finish(i, {EndReason::canceled, std::nullopt, why});
}

void Run::State::cancel_all(const std::string& why) {
  for (size_t i = 0; i < slots.size(); ++i) cancel(i, why);
}

/// A new attempt of the job, without asking its gate.
void Run::State::go_again(size_t i, const std::string& why) {
  slots[i].state.why = why;
  if (slots[i].job->resource_group) claim(i, Claim::none);
  enqueue(i);
}

void Run::State::retry_job(size_t i, const Actor& by) {
  JobState& state = slots[i].state;
  const bool gate_was_opened = state.attempt > 0 && state.outcome && state.outcome->reason != EndReason::rejected;
  const bool must_wait = decide(*slots[i].job, earlier(i)) == Verdict::wait;
  state.opened_by = by;
  state.message.clear();
  state.automatic_retries = 0;
  state.losses = 0;
  const std::string why = "again: asked for by " + by.name;
  if (must_wait) {
    reset(i);
    state.why = why;
    walk_from = std::min(walk_from, slots[i].stage);
  } else if (slots[i].job->gate.kind == Gate::Kind::manual && !gate_was_opened) {
    state.why = why;
    move(i, Status::manual);
  } else {
    go_again(i, why);
  }
  reset_dependents({i});
}

/// All that failed or was canceled, also where that is allowed, is decided anew: a manual job waits for a person again.
Result<> Run::State::retry_run(const Actor& by) {
  std::vector<size_t> again;
  for (size_t i = 0; i < slots.size(); ++i) {
    const Status status = slots[i].state.status;
    if (status == Status::failed || status == Status::canceled) again.push_back(i);
  }
  if (again.empty()) return refusal("no job of the run failed or was canceled, so there is nothing to run again");
  for (const size_t i : again) {
    reset(i);
    slots[i].state.why = "again: asked for by " + by.name;
    slots[i].state.opened_by.reset();
    slots[i].state.message.clear();
  }
  reset_dependents(again);
  return success();
}

}  // namespace penstock
