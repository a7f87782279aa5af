// What binds a run to the one whose job triggered it, and to those that its own jobs trigger.

#include <charconv>
#include <string>

#include "coordinator/drive.h"

namespace penstock {
namespace {

int64_t number_of(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

/// The run that all of a family come from.
Result<int64_t> ancestor_of(RunStore& store, int64_t run) {
  for (;;) {
    PENSTOCK_TRY(const std::optional<RunHeader> header, store.header(run));
    if (!header || header->facts.parent.run == 0) return run;
    run = header->facts.parent.run;
  }
}

}  // namespace

/// In the same transaction as its end, so that a parent that is parked always learns of it.
void Drive::tell_parent(Step& step) const {
  const ParentJob& parent = header_.facts.parent;
  Transition& transition = step.transition;
  if (!parent.waits || !has_ended(transition.summary.status) || has_ended(header_.summary.status)) return;
  transition.posts.emplace_back(parent.run, Event{transition.at, event::ResourceGranted{parent.job}});
}

/// What jobs of other runs of the family have left. `unmet`: why something of it can't be had.
Result<std::vector<JobOutput>> Drive::from_family(const Job& job, std::string& unmet) const {
  std::vector<JobOutput> outputs;
  for (const FamilyNeed& need : job.family_needs) {
    const int64_t run = number_of(need.run);
    PENSTOCK_TRY(const int64_t mine, ancestor_of(parts_.store, header_.id));
    PENSTOCK_TRY(const int64_t theirs, ancestor_of(parts_.store, run));
    std::optional<AttemptRecord> attempt;
    if (run != 0 && mine == theirs) {
      PENSTOCK_TRY(attempt, parts_.store.last_attempt(run, need.job));
    }
    if (attempt && attempt->result && attempt->result->outcome.reason == EndReason::passed) {
      outputs.push_back(output_of(need.job, *attempt->result));
    } else if (!need.optional && unmet.empty()) {
      unmet = "it needs `" + need.job + "` of pipeline " + (need.run.empty() ? "(none)" : need.run) + ", " +
              (run == 0 || mine != theirs ? "which is not of its family" : "which has not passed there");
    }
  }
  return outputs;
}

}  // namespace penstock
