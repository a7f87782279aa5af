#include "dora/from_journal.h"

#include <utility>

namespace penstock {
namespace {

using What = JournalEntry::What;
using Kind = DoraDeployment::Kind;

}  // namespace

DoraHistoryReader::DoraHistoryReader(std::string environment, CommitTimes commit_times)
    : commit_times_(std::move(commit_times)) {
  history_.environment = std::move(environment);
}

void DoraHistoryReader::add(const JournalEntry& entry) {
  switch (entry.what) {
    case What::started:
      began_[entry.rollout] = entry.at;
      return;
    case What::promoted:
      return promoted(entry, false);
    case What::rolled_back:
      return promoted(entry, true);
    case What::taken_back:
      return taken_back(entry);
    case What::incident_opened:
      incidents_[entry.number] = history_.incidents.size();
      history_.incidents.push_back({entry.at, std::nullopt});
      return;
    case What::incident_closed:
      return closed(entry);
    case What::approved:
    case What::rejected:
    case What::pinned:
    case What::unpinned:
      return;
  }
}

std::vector<Instant> DoraHistoryReader::new_commits(const JournalEntry& entry) {
  if (entry.commit.empty() || !seen_commits_.insert(entry.commit).second) return {};
  std::vector<Instant> times;
  if (commit_times_) times = commit_times_(commit_, entry.commit);
  if (times.empty() && entry.committed_at != Instant()) times.push_back(entry.committed_at);
  return times;
}

void DoraHistoryReader::promoted(const JournalEntry& entry, bool is_rollback) {
  // A driver that took over in the middle may tell it again.
  if (!entry.rollout.empty() && entry.rollout == rollout_ && entry.release == release_) return;
  DoraDeployment deployment;
  const bool is_same = entry.release == release_;
  deployment.kind = is_rollback                             ? Kind::rollback
                    : !is_same                              ? Kind::release
                    : entry.configuration != configuration_ ? Kind::configuration
                                                            : Kind::redeploy;
  const auto began = began_.find(entry.rollout);
  deployment.began_at = began == began_.end() ? entry.at : began->second;
  if (began != began_.end()) began_.erase(began);
  deployment.live_at = entry.at;
  if (!is_rollback) deployment.commits = new_commits(entry);
  if (is_rollback && !is_same) blame_live(entry.at);
  const bool is_change = deployment.kind == Kind::release || deployment.kind == Kind::configuration;
  if (is_change)
    live_ = history_.deployments.size();
  else if (is_rollback)
    live_.reset();
  history_.deployments.push_back(std::move(deployment));
  release_ = entry.release;
  commit_ = entry.commit;
  configuration_ = entry.configuration;
  rollout_ = entry.rollout;
}

void DoraHistoryReader::taken_back(const JournalEntry& entry) {
  const bool was_live = entry.release == release_ && entry.rollout == rollout_ && !history_.deployments.empty();
  if (!was_live) {
    began_.erase(entry.rollout);
    history_.never_live.push_back(entry.at);
    return;
  }
  blame_live(entry.at);
  live_.reset();
  release_ = entry.previous;
  commit_.clear();
  rollout_.clear();
}

void DoraHistoryReader::blame_live(Instant recovered_at) {
  if (!live_) return;
  history_.deployments[*live_].failed = true;
  history_.deployments[*live_].recovered_at = recovered_at;
}

/// The incident that it names; else the one that was opened last.
void DoraHistoryReader::closed(const JournalEntry& entry) {
  if (incidents_.empty()) return;
  const auto found = entry.incident == 0 ? std::prev(incidents_.end()) : incidents_.find(entry.incident);
  if (found == incidents_.end()) return;
  history_.incidents[found->second].closed_at = entry.at;
  incidents_.erase(found);
}

}  // namespace penstock
