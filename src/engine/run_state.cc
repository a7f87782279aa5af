#include "engine/run_state.h"

#include <memory>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace penstock {
namespace {

void keep_while(std::set<size_t>& stages, size_t stage, bool wanted) {
  if (wanted)
    stages.insert(stage);
  else
    stages.erase(stage);
}

}  // namespace

Run::State::State(std::shared_ptr<const Plan> run_plan, RunOptions run_options)
    : plan(std::move(run_plan)), options(run_options) {
  for (const std::string& name : plan->stages) add_stage(name);
  add_jobs(plan->jobs);
}

void Run::State::add_stage(std::string_view name) {
  if (!stage_index.emplace(name, stages.size()).second) return;
  stages.emplace_back().name = name;
}

void Run::State::add_jobs(const std::vector<Job>& jobs) {
  const size_t first = slots.size();
  slots.reserve(first + jobs.size());
  for (const Job& job : jobs) {
    const size_t i = slots.size();
    job_index.emplace(job.name, i);
    Slot& slot = slots.emplace_back();
    slot.job = &job;
    slot.stage = stage_index.at(job.stage);
    Stage& stage = stages[slot.stage];
    stage.jobs.push_back(i);
    if (!job.needs) stage.in_order.push_back(i);
    tally.add(slot.bucket);
    stage.tally.add(slot.bucket);
    stage.standings.add(Standing::open);
    open_stages.insert(slot.stage);
  }
  for (size_t i = first; i < slots.size(); ++i) {
    if (!slots[i].job->needs) continue;
    for (const Need& need : *slots[i].job->needs) {
      Slot& needed_slot = slots[job_index.at(need.job)];
      needed_slot.dependents.push_back(i);
      slots[i].needs.add(standing_of(needed_slot.bucket));
    }
  }
}

/// Puts a stored state in place of a fresh one.
void Run::State::set(size_t i, JobState state) {
  Slot& slot = slots[i];
  slot.state = std::move(state);
  const Bucket before = std::exchange(slot.bucket, bucket_of(*slot.job, slot.state.status, slot.state.warning));
  book(i, before, slot.bucket);
  enter_queue(i);
  slot.claim = claim_for(slot);
}

/// The one way in which a job's status changes.
void Run::State::move(size_t i, Status to, bool warning) {
  Slot& slot = slots[i];
  leave_queue(i);
  slot.state.status = to;
  slot.state.warning = warning;
  if (to == Status::pending || to == Status::manual || to == Status::scheduled || to == Status::waiting_for_resource)
    slot.state.ready_at = now;
  const Bucket before = std::exchange(slot.bucket, bucket_of(*slot.job, to, warning));
  book(i, before, slot.bucket);
  enter_queue(i);
  claim(i, claim_for(slot));
  touch(i);
}

/// What a job in this state must have told the arbiter.
Run::State::Claim Run::State::claim_for(const Slot& slot) const {
  if (!slot.job->resource_group || !record.started) return Claim::none;
  switch (slot.state.status) {
    case Status::created:
    case Status::scheduled:
      return Claim::announced;
    case Status::waiting_for_resource:
    case Status::pending:
    case Status::running:
    case Status::canceling:
      return Claim::requested;
    default:
      return Claim::none;  // a manual job may never be opened: nobody shall wait for it
  }
}

void Run::State::claim(size_t i, Claim wanted) {
  Slot& slot = slots[i];
  if (slot.claim == wanted) return;
  slot.claim = wanted;
  const std::string& group = slot.job->resource_group->name;
  switch (wanted) {
    case Claim::none:
      commands.emplace_back(command::ReleaseResource{slot.job->name, group});
      break;
    case Claim::announced:
      commands.emplace_back(command::AnnounceResource{slot.job->name, group});
      break;
    case Claim::requested:
      commands.emplace_back(command::RequestResource{slot.job->name, group});
      break;
  }
}

void Run::State::book(size_t i, Bucket before, Bucket after) {
  if (before == after) return;
  Slot& slot = slots[i];
  Stage& stage = stages[slot.stage];
  tally.remove(before);
  tally.add(after);
  stage.tally.remove(before);
  stage.tally.add(after);

  const Standing from = standing_of(before);
  const Standing to = standing_of(after);
  if (from == to) return;
  for (const size_t dependent : slot.dependents) {
    slots[dependent].needs.remove(from);
    slots[dependent].needs.add(to);
    to_consider.push_back(dependent);
  }
  stage.standings.remove(from);
  stage.standings.add(to);
  keep_while(open_stages, slot.stage, stage.standings.any(Standing::open));
  keep_while(failed_stages, slot.stage, stage.standings.any(Standing::failed));
  keep_while(canceled_stages, slot.stage, stage.standings.any(Standing::canceled));
  if (from == Standing::open && !stage.standings.any(Standing::open)) walk_from = std::min(walk_from, slot.stage + 1);
}

void Run::State::leave_queue(size_t i) {
  const JobState& state = slots[i].state;
  if (state.status == Status::pending) pending.erase({*state.ready_at, i});
  if (state.status == Status::scheduled) scheduled.erase({*state.due_at, i});
  if (state.status == Status::manual) manual.erase(i);
}

void Run::State::enter_queue(size_t i) {
  const JobState& state = slots[i].state;
  if (state.status == Status::pending) pending.emplace(*state.ready_at, i);
  if (state.status == Status::scheduled) scheduled.emplace(*state.due_at, i);
  if (state.status == Status::manual) manual.insert(i);
}

/// The job's record changed: it must be written, and its stage's status looked at again.
void Run::State::touch(size_t i) {
  Slot& slot = slots[i];
  anything_changed = true;
  if (!slot.changed) {
    slot.changed = true;
    changed.push_back(i);
  }
  Stage& stage = stages[slot.stage];
  if (stage.touched) return;
  stage.touched = true;
  touched_stages.push_back(slot.stage);
}

/// A status depends on what it was: where all jobs are (again) created nothing has happened yet, and a run that was
/// running or had ended does not go back to pending.
void Run::State::update_statuses() {
  for (const size_t i : touched_stages) {
    Stage& stage = stages[i];
    stage.touched = false;
    const Status own = composite(stage.tally).value_or(Status::created);
    if (own != Status::created) stage.status = own;
    if (stage.status == own)
      record.stages.erase(std::string(stage.name));
    else
      record.stages[std::string(stage.name)] = stage.status;
  }
  touched_stages.clear();

  const Status own = composite(tally).value_or(Status::success);
  if (own == Status::created) return;
  const bool went_on = has_ended(record.status)
                           ? record.status != Status::skipped
                           : record.status == Status::running || record.status == Status::canceling;
  record.status = own == Status::pending && went_on ? Status::running : own;
}

}  // namespace penstock
