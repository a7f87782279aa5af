#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/run_state.h"

namespace penstock {

/// How the jobs stand that this one looks at: those that it needs, or all of earlier stages.
Standings Run::State::earlier(size_t i) const {
  return slots[i].job->needs ? slots[i].needs : before_stage(slots[i].stage);
}

/// All earlier stages at once. It only matters whether there are any of a kind.
Standings Run::State::before_stage(size_t stage) const {
  const auto any_before = [&](const std::set<size_t>& marked) { return !marked.empty() && *marked.begin() < stage; };
  Standings standings;
  if (any_before(open_stages)) standings.add(Standing::open);
  if (any_before(failed_stages)) standings.add(Standing::failed);
  if (any_before(canceled_stages)) standings.add(Standing::canceled);
  return standings;
}

Run::State::Verdict Run::State::decide(const Job& job, const Standings& standings) const {
  const bool by_needs = job.needs.has_value();
  // A needed job that does not run at all settles it: what it would have made will not be there.
  if (by_needs && job.condition != Condition::always &&
      (standings.any(Standing::skipped) || standings.any(Standing::optional)))
    return Verdict::skip;
  if (standings.any(Standing::open)) return Verdict::wait;
  switch (job.condition) {
    case Condition::on_success: {
      const bool failure_counts = by_needs || !options.keep_going;
      const bool stopped = standings.any(Standing::canceled) || (failure_counts && standings.any(Standing::failed));
      return stopped ? Verdict::skip : Verdict::run;
    }
    case Condition::on_failure:
      return standings.any(Standing::failed) ? Verdict::run : Verdict::skip;
    case Condition::always:
      return Verdict::run;
  }
  return Verdict::wait;
}

/// Looks at a job with `needs` that was not decided yet.
void Run::State::consider(size_t i) {
  Slot& slot = slots[i];
  if (slot.state.status != Status::created || !slot.job->needs) return;
  switch (decide(*slot.job, slot.needs)) {
    case Verdict::wait:
      return;
    case Verdict::run:
      make_ready(i);
      return;
    case Verdict::skip:
      skip(i, why_skip(*slot.job));
      return;
  }
}

void Run::State::skip(size_t i, const std::string& why) {
  slots[i].state.why = "skipped: " + why;
  move(i, Status::skipped);
}

/// Its condition holds: it comes to its gate.
void Run::State::make_ready(size_t i) {
  Slot& slot = slots[i];
  slot.state.why = why_run(i);
  switch (slot.job->gate.kind) {
    case Gate::Kind::none:
      enqueue(i);
      return;
    case Gate::Kind::manual:
      move(i, Status::manual);
      return;
    case Gate::Kind::delayed:
      slot.state.due_at = now + slot.job->gate.delay;
      move(i, Status::scheduled);
      commands.emplace_back(command::WakeAt{*slot.state.due_at});
      return;
  }
}

/// Nothing but a slot and its resource group stand between it and its start.
void Run::State::enqueue(size_t i) {
  move(i, slots[i].job->resource_group ? Status::waiting_for_resource : Status::pending);
}

void Run::State::settle() {
  while (true) {
    // In the order in which they were found; what is found meanwhile goes to the end.
    for (size_t next = 0; next < to_consider.size(); ++next) consider(to_consider[next]);
    to_consider.clear();
    if (walk_from == kNowhere) return;
    walk_stages();
  }
}

/// From the first stage that may be ready to the one that later ones must wait for.
void Run::State::walk_stages() {
  for (size_t stage = std::exchange(walk_from, kNowhere); stage < stages.size(); ++stage) {
    const Standings standings = before_stage(stage);
    if (standings.any(Standing::open)) break;
    std::optional<std::string> shared[3];  // why jobs of this stage are skipped, for each condition
    for (const size_t i : stages[stage].in_order) {
      const Slot& slot = slots[i];
      if (slot.state.status != Status::created) continue;
      if (decide(*slot.job, standings) == Verdict::run) {
        make_ready(i);
        continue;
      }
      auto& why = shared[static_cast<size_t>(slot.job->condition)];
      if (!why) why = why_skip_stage(slot.job->condition, stage);
      skip(i, *why);
    }
    walk_from = kNowhere;  // set where the stage came to its end just now: the next one is looked at anyway
  }
}

void Run::State::reset(size_t i) {
  JobState& state = slots[i].state;
  state.why.clear();
  state.due_at.reset();
  state.ready_at.reset();
  state.automatic_retries = 0;
  state.losses = 0;
  move(i, Status::created);
  if (slots[i].job->needs) to_consider.push_back(i);
}

/// Skipped jobs that come after one of `roots` are decided anew: those that need it, directly or not, and those without
/// `needs` of later stages.
void Run::State::reset_dependents(const std::vector<size_t>& roots) {
  std::vector<size_t> queue = roots;
  size_t first_stage = kNowhere;
  for (const size_t root : roots) first_stage = std::min(first_stage, slots[root].stage);
  if (first_stage == kNowhere) return;
  const auto reset_if_skipped = [&](size_t i) {
    if (slots[i].state.status != Status::skipped) return;
    reset(i);
    queue.push_back(i);
  };
  for (size_t stage = first_stage + 1; stage < stages.size(); ++stage)
    for (const size_t i : stages[stage].in_order) reset_if_skipped(i);
  for (size_t next = 0; next < queue.size(); ++next)
    for (const size_t dependent : slots[queue[next]].dependents) reset_if_skipped(dependent);
  walk_from = std::min(walk_from, first_stage);
}

}  // namespace penstock
