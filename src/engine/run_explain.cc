#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "engine/run_state.h"
#include "plan/end_reason.h"

namespace penstock {

/// Collects the lines of `explain` for one job.
struct Run::Explanation {
  const State& run;
  const State::Slot& slot;
  std::vector<std::string> lines;

  void add(std::string line) { lines.push_back(std::move(line)); }

  void condition() {
    if (slot.job->condition == Condition::on_failure)
      add("it runs only where an earlier job failed (when: on_failure)");
    if (slot.job->condition == Condition::always) add("it runs however earlier jobs end (when: always)");
  }

  /// Each job that it needs, or what stands out among those of earlier stages.
  void earlier_jobs() {
    if (slot.job->needs) {
      if (slot.job->needs->empty()) add("it needs no other job (needs: [])");
      for (const size_t i : run.needed(*slot.job))
        add("it needs " + quoted(run.slots[i].job->name) + ", and " + run.in_words(i));
      return;
    }
    constexpr size_t kShown = 10;
    size_t jobs = 0;
    std::vector<size_t> notable;
    for (size_t stage = 0; stage < slot.stage; ++stage) {
      jobs += run.stages[stage].jobs.size();
      for (const size_t i : run.stages[stage].jobs) {
        const Standing standing = standing_of(run.slots[i].bucket);
        if (standing != Standing::passed && standing != Standing::skipped) notable.push_back(i);
      }
    }
    if (jobs == 0) return add("no job is in an earlier stage");
    if (notable.empty() && !slot.state.why.empty()) return;  // why it began is told
    if (notable.empty() && jobs == 1) return add("the one job of earlier stages passed or was skipped");
    if (notable.empty()) return add("the " + std::to_string(jobs) + " jobs of earlier stages passed or were skipped");
    for (size_t n = 0; n < notable.size() && n < kShown; ++n)
      add("of the earlier stage " + quoted(run.slots[notable[n]].job->stage) + ", " + run.in_words(notable[n]));
    if (notable.size() > kShown)
      add("and so on: " + std::to_string(notable.size() - kShown) + " more of earlier stages");
  }

  void gate() {
    const JobState& state = slot.state;
    const Gate& gate = slot.job->gate;
    if (state.status == Status::manual) {
      add(slot.bucket == Bucket::manual ? "later stages wait for it" : "the run can end without it");
      if (!gate.confirmation.empty()) add("who opens it is asked: " + gate.confirmation);
    }
    if (!state.opened_by) return;
    const bool rejected = state.outcome && state.outcome->reason == EndReason::rejected;
    std::string who = (rejected ? "refused by " : "opened or asked for by ") + state.opened_by->name;
    if (!state.opened_by->email.empty()) who += " <" + state.opened_by->email + ">";
    if (!state.message.empty()) who += ": " + state.message;
    add(std::move(who));
  }

  void place_in_line() {
    const JobState& state = slot.state;
    if (state.status == Status::waiting_for_resource && slot.job->resource_group)  // else for its pipeline
      add("it waits for the resource group " + quoted(slot.job->resource_group->name));
    const bool runs = state.status == Status::running || state.status == Status::canceling;
    if (runs && state.attempt > 1) add("it is attempt " + std::to_string(state.attempt));
  }

  void outcome() {
    const JobState& state = slot.state;
    if (!state.outcome || state.outcome->reason == EndReason::passed) return;
    const JobOutcome& last = *state.outcome;
    if (state.attempt == 0 && last.detail == state.why) return;  // it never began, and why is told
    std::string line = state.attempt > 0 ? "its last attempt ended: " : "it ended: ";
    line += sentence_of(last.reason);
    line += " (" + std::string(name_of(last.reason));
    if (last.exit_code) line += ", exit status " + std::to_string(*last.exit_code);
    line += ")";
    if (!last.detail.empty()) line += ": " + last.detail;
    add(std::move(line));
    if (state.warning) add("that is allowed (allow_failure), so later jobs go on");
    if (slot.job->retry.max > 0)
      add(std::to_string(state.automatic_retries) + " of " + std::to_string(slot.job->retry.max) +
          " automatic retries used");
  }
};

std::vector<std::string> Run::explain(size_t index) const {
  Explanation explanation{*state_, state_->slots[index], {}};
  const JobState& state = explanation.slot.state;
  if (!state_->record.started) return {"the run has not started"};
  if (!state.why.empty()) explanation.add(state.why);
  explanation.condition();
  explanation.earlier_jobs();
  explanation.gate();
  explanation.place_in_line();
  explanation.outcome();
  return std::move(explanation.lines);
}

}  // namespace penstock
