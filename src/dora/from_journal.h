#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
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
  /// The times of the commits that are live with `commit` for the first time, its own last; none where all of them were
  /// live before. Nothing where that isn't known: the release's own commit then stands for all. `before`: what was live
  /// last; empty for the first release. Asked in the order of the deployments.
  using CommitTimes =
      std::function<std::optional<std::vector<Instant>>(const std::string& before, const std::string& commit)>;

  explicit DoraHistoryReader(std::string environment, CommitTimes commit_times = {});

  void add(const JournalEntry& entry);
  [[nodiscard]] const DoraHistory& history() const { return state_.history; }
  [[nodiscard]] DoraHistory take_history() && { return std::move(state_.history); }

  /// The number of the last entry that it has read; 0: none.
  [[nodiscard]] int64_t last_entry() const { return state_.last_entry; }
  /// Whether that was this one: in a journal that was begun anew it is another.
  [[nodiscard]] bool ends_with(const JournalEntry& last) const;
  /// The commits of releases that were live lately, oldest first: who asks for new commits leaves out what these reach.
  [[nodiscard]] const std::deque<std::string>& live_commits() const { return state_.live_commits; }
  /// For the asker of commits, before entries are added to what was kept.
  void ask(CommitTimes commit_times) { commit_times_ = std::move(commit_times); }

  /// All that it knows as bytes, to go on from later. The first part is what it works with, the others hold a thousand
  /// deployments each: those of long ago stay as they are.
  [[nodiscard]] std::vector<std::string> parts() const;
  /// False where these are parts of another version, or damaged: nothing is taken.
  bool take_parts(const std::vector<std::string>& parts);

 private:
  struct State {
    DoraHistory history;
    std::map<std::string, Instant> began;  ///< By rollout that is under way.
    std::deque<std::string> live_commits;  ///< The last thousand, oldest first.
    std::map<int64_t, size_t> incidents;   ///< By the number of the entry that opened it; those that are open.
    std::string release;                   ///< That is live.
    std::string commit;                    ///< That was live last.
    std::string configuration;             ///< The release went live with.
    std::string rollout;                   ///< By which the last deployment went live.
    std::optional<size_t> live;            ///< The change by which it went live; nothing: after a failure.
    int64_t last_entry = 0;
    std::string last_words;  ///< What it is known by.
  };

  void promoted(const JournalEntry& entry, bool is_rollback);
  void taken_back(const JournalEntry& entry);
  void opened(const JournalEntry& entry);
  void closed(const JournalEntry& entry);
  void blame_live(Instant recovered_at);
  [[nodiscard]] std::vector<Instant> new_commits(const JournalEntry& entry);
  [[nodiscard]] std::string working_part() const;
  static bool take_working_part(const std::string& bytes, State& state, size_t& deployments);

  CommitTimes commit_times_;
  State state_;
  std::unordered_set<std::string> seen_commits_;  ///< `live_commits` again.
};

}  // namespace penstock
