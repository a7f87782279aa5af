#include "coordinator/summary.h"

#include <optional>
#include <vector>

namespace penstock {
namespace {

std::optional<size_t> first_failed(const Run& run) {
  for (size_t job = 0; job < run.size(); ++job) {
    if (run.state(job).status == Status::failed && !run.state(job).warning) return job;
  }
  return std::nullopt;
}

}  // namespace

bool has_let_go(const JobState& state) {
  return state.status == Status::waiting_for_resource && state.started_at && !state.ended_at;
}

RunSummary summarize(const Run& run, const RunSummary& before, Instant now) {
  RunSummary summary;
  summary.status = run.status();
  summary.warnings = run.has_warnings();
  summary.started_at = before.started_at ? before.started_at : now;
  const bool ended = has_ended(summary.status);
  summary.parked = !ended && run.is_parked();
  if (!ended && !summary.parked) return summary;

  if (ended) summary.ended_at = before.ended_at ? before.ended_at : now;
  if (summary.parked) summary.due_at = run.next_due();
  summary.manual_left = static_cast<int>(run.manual(false).size());
  std::optional<size_t> at = first_failed(run);
  if (!at && summary.parked) {
    const std::vector<size_t> gates = run.manual(true);
    if (!gates.empty()) at = gates.front();
    for (size_t job = 0; job < run.size() && !at; ++job) {
      if (has_let_go(run.state(job))) at = job;
    }
  }
  if (at) {
    summary.at_job = run.job(*at).name;
    summary.at_stage = run.job(*at).stage;
  }
  return summary;
}

}  // namespace penstock
