#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "dora/history.h"
#include "rollout/journal.h"

namespace penstock {

/// Reads an environment's history from its journal, entry by entry, in their order.
///
/// A deployment is what was promoted. One that is taken back afterwards (while it bakes), or that a person rolls back
/// from, has failed; a rollout that was never promoted is no deployment. A rollback of a rollback blames nobody.
class DoraHistoryReader {
 public:
  /// The times of the commits that lie between two commits, the later one's last; empty where that isn't known (the
  /// release's own commit then stands for all). `before` is empty for the first release.
  using CommitTimes = std::function<std::vector<Instant>(const std::string& before, const std::string& commit)>;

  explicit DoraHistoryReader(std::string environment, CommitTimes commit_times = {});

  void add(const JournalEntry& entry);
  [[nodiscard]] const DoraHistory& history() const { return history_; }

 private:
  void promoted(const JournalEntry& entry, bool is_rollback);
  void taken_back(const JournalEntry& entry);
  void closed(const JournalEntry& entry);
  void blame_live(Instant recovered_at);
  [[nodiscard]] std::vector<Instant> new_commits(const JournalEntry& entry);

  DoraHistory history_;
  CommitTimes commit_times_;
  std::map<std::string, Instant> began_;          ///< By rollout that is under way.
  std::unordered_set<std::string> seen_commits_;  ///< That were live.
  std::map<int64_t, size_t> incidents_;           ///< By the number of the entry that opened it; those that are open.
  std::string release_;                           ///< That is live.
  std::string commit_;                            ///< Its.
  std::string configuration_;                     ///< It went live with.
  std::string rollout_;                           ///< By which the last deployment went live.
  std::optional<size_t> live_;                    ///< The change by which it went live; nothing: after a failure.
};

}  // namespace penstock
