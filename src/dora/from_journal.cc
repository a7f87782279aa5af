#include "dora/from_journal.h"

#include <algorithm>
#include <utility>

namespace penstock {
namespace {

using What = JournalEntry::What;
using Kind = DoraDeployment::Kind;

constexpr size_t kLiveCommits = 1'000;

std::string words_of(const JournalEntry& entry) {
  return std::to_string(entry.at.time_since_epoch().count()) + " " + std::string(to_string(entry.what)) + " " +
         entry.rollout + " " + entry.release;
}

}  // namespace

DoraHistoryReader::DoraHistoryReader(std::string environment, CommitTimes commit_times)
    : commit_times_(std::move(commit_times)) {
  state_.history.environment = std::move(environment);
}

bool DoraHistoryReader::ends_with(const JournalEntry& last) const {
  return last.number == state_.last_entry && words_of(last) == state_.last_words;
}

void DoraHistoryReader::add(const JournalEntry& entry) {
  state_.last_entry = entry.number;
  state_.last_words = words_of(entry);
  switch (entry.what) {
    case What::started:
      state_.began[entry.rollout] = entry.at;
      return;
    case What::promoted:
      return promoted(entry, false);
    case What::rolled_back:
      return promoted(entry, true);
    case What::taken_back:
      return taken_back(entry);
    case What::incident_opened:
      return opened(entry);
    case What::incident_closed:
      return closed(entry);
    case What::approved:
    case What::rejected:
    case What::pinned:
    case What::unpinned:
    case What::asked:
    case What::withdrawn:
      return;
  }
}

std::vector<Instant> DoraHistoryReader::new_commits(const JournalEntry& entry) {
  if (entry.commit.empty() || !seen_commits_.insert(entry.commit).second) return {};
  state_.live_commits.push_back(entry.commit);
  if (state_.live_commits.size() > kLiveCommits) {
    seen_commits_.erase(state_.live_commits.front());
    state_.live_commits.pop_front();
  }
  std::optional<std::vector<Instant>> times;
  if (commit_times_) times = commit_times_(state_.commit, entry.commit);
  if (times) return *std::move(times);
  return entry.committed_at == Instant() ? std::vector<Instant>() : std::vector<Instant>{entry.committed_at};
}

void DoraHistoryReader::promoted(const JournalEntry& entry, bool is_rollback) {
  // A driver that took over in the middle may tell it again.
  if (!entry.rollout.empty() && entry.rollout == state_.rollout && entry.release == state_.release) return;
  DoraDeployment deployment;
  const bool is_same = entry.release == state_.release;
  deployment.kind = is_rollback                                   ? Kind::rollback
                    : !is_same                                    ? Kind::release
                    : entry.configuration != state_.configuration ? Kind::configuration
                                                                  : Kind::redeploy;
  const auto began = state_.began.find(entry.rollout);
  deployment.began_at = began == state_.began.end() ? entry.at : began->second;
  if (began != state_.began.end()) state_.began.erase(began);
  deployment.live_at = entry.at;
  if (!is_rollback) deployment.commits = new_commits(entry);
  if (is_rollback && !is_same) blame_live(entry.at);
  const bool is_change = deployment.kind == Kind::release || deployment.kind == Kind::configuration;
  if (is_change)
    state_.live = state_.history.deployments.size();
  else if (is_rollback)
    state_.live.reset();
  state_.history.deployments.push_back(std::move(deployment));
  state_.release = entry.release;
  state_.commit = entry.commit;
  state_.configuration = entry.configuration;
  state_.rollout = entry.rollout;
}

void DoraHistoryReader::taken_back(const JournalEntry& entry) {
  // A rollout of its own takes a service back whose group failed.
  const bool is_of_live = entry.rollout == state_.rollout || entry.previous != entry.release;
  const bool was_live = entry.release == state_.release && is_of_live && !state_.history.deployments.empty();
  if (!was_live) {
    state_.began.erase(entry.rollout);
    state_.history.never_live.push_back(entry.at);
    return;
  }
  blame_live(entry.at);
  state_.live.reset();
  state_.release = entry.previous;
  state_.rollout.clear();
}

void DoraHistoryReader::blame_live(Instant recovered_at) {
  if (!state_.live) return;
  state_.history.deployments[*state_.live].failed = true;
  state_.history.deployments[*state_.live].recovered_at = recovered_at;
}

/// It may be told later than it was, so that its place isn't always at the end.
void DoraHistoryReader::opened(const JournalEntry& entry) {
  std::vector<DoraIncident>& all = state_.history.incidents;
  const auto place = std::upper_bound(all.begin(), all.end(), entry.at,
                                      [](Instant at, const DoraIncident& one) { return at < one.opened_at; });
  const auto index = static_cast<size_t>(place - all.begin());
  all.insert(place, {entry.at, std::nullopt});
  for (auto& [number, at] : state_.incidents) at += at >= index ? 1 : 0;
  state_.incidents[entry.number] = index;
}

/// The incident that it names; else the one that was opened last.
void DoraHistoryReader::closed(const JournalEntry& entry) {
  if (state_.incidents.empty()) return;
  const auto found = entry.incident == 0 ? std::prev(state_.incidents.end()) : state_.incidents.find(entry.incident);
  if (found == state_.incidents.end()) return;
  state_.history.incidents[found->second].closed_at = entry.at;
  state_.incidents.erase(found);
}

}  // namespace penstock
