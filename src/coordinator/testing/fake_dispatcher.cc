#include "coordinator/testing/fake_dispatcher.h"

#include <algorithm>
#include <utility>

namespace penstock::testing {

std::optional<Instant> FakeDispatcher::next_end() const {
  std::optional<Instant> next;
  for (const auto& [id, running] : running_) next = next ? std::min(*next, running.ends_at) : running.ends_at;
  return next;
}

int FakeDispatcher::free_slots() const { return slots_ - static_cast<int>(running_.size()); }

void FakeDispatcher::start(JobSpec spec) {
  if (free_slots() <= 0) complaints.push_back("`" + spec.job + "` began without a free slot");
  for (const JobSpec& before : started) {
    if (before.id == spec.id) complaints.push_back("attempt " + std::to_string(spec.id) + " began twice");
  }
  Play play = script(spec);
  play.result.started_at = clock_.now();
  running_.emplace(spec.id, Running{clock_.now() + play.takes, std::move(play)});
  started.push_back(std::move(spec));
}

void FakeDispatcher::stop(int64_t id, Stop how) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  Running& running = found->second;
  const Duration takes = how == Stop::kill ? Duration(0) : running.play.stops_after;
  running.ends_at = std::min(running.ends_at, clock_.now() + takes);
  running.play.result.outcome = {EndReason::canceled, std::nullopt, {}};
}

std::vector<FinishedAttempt> FakeDispatcher::take_finished() {
  std::vector<FinishedAttempt> finished;
  for (auto at = running_.begin(); at != running_.end();) {
    if (at->second.ends_at > clock_.now()) {
      ++at;
      continue;
    }
    JobResult result = std::move(at->second.play.result);
    result.ended_at = clock_.now();
    finished.push_back({at->first, std::move(result), at->second.play.parked});
    at = running_.erase(at);
  }
  return finished;
}

Result<> FakeDispatcher::sync_kept() {
  ++synced;
  return success();
}

Result<> FakeDispatcher::sweep(int64_t /*run*/, const std::vector<int64_t>& attempt_ids) {
  swept.insert(swept.end(), attempt_ids.begin(), attempt_ids.end());
  return success();
}

}  // namespace penstock::testing
