#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "store/sqlite_database.h"
#include "store/sqlite_store.h"

namespace penstock {

/// One connection under one lock. Its functions stand in sqlite_runs.cc, sqlite_commit.cc, sqlite_history.cc,
/// sqlite_content.cc, sqlite_rollouts.cc, sqlite_releases.cc and sqlite_journals.cc.
class SqliteStoreImpl final : public SqliteStore {
 public:
  explicit SqliteStoreImpl(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  Result<StoredRun> create(const NewRun& run) override;
  Result<StoredRun> load(int64_t run) override;
  Result<std::optional<RunHeader>> header(int64_t run) override { return find(run); }
  Result<Committed> commit(const Transition& transition) override;
  Result<> post(int64_t run, const std::vector<Event>& events) override;
  Result<std::vector<Posted>> inbox(int64_t run) override;
  Result<std::optional<AttemptRecord>> last_attempt(int64_t run, const std::string& job) override;
  Result<ArbiterState> arbiter() override;
  Result<bool> change_arbiter(const ArbiterState& arbiter,
                              const std::vector<std::pair<int64_t, Event>>& posts) override;

  Result<std::vector<RunHeader>> list(size_t limit, int64_t before) override;
  Result<std::optional<RunHeader>> find(int64_t run) override;
  Result<std::optional<RunHeader>> newest() override;
  Result<std::vector<RunHeader>> open_runs() override;
  Result<std::vector<RunHeader>> children(int64_t run) override;
  Result<std::vector<RunHeader>> due(Instant by) override;
  Result<std::vector<RunHeader>> playable() override;
  Result<std::vector<AttemptRecord>> attempts(int64_t run, const std::string& job) override;
  Result<std::optional<AttemptRecord>> attempt(int64_t id) override;
  Result<std::vector<Event>> events(int64_t run) override;
  Result<> forget(int64_t run) override;

  Result<std::vector<std::string>> environments() override;
  Result<std::vector<EnvironmentRecord>> history(const std::string& environment, size_t limit) override;
  Result<std::vector<std::pair<int64_t, EnvironmentRecord>>> history_after(const std::string& environment,
                                                                           int64_t number, size_t limit) override;

  Result<std::vector<ArtifactRecord>> artifacts(int64_t run, const std::string& job) override;
  Result<std::vector<ArtifactRecord>> all_artifacts() override;
  Result<> drop_artifacts(int64_t attempt_id) override;

  Result<std::optional<CacheRecord>> find_cache(const std::vector<std::string>& keys) override;
  Result<> keep_cache(const CacheRecord& cache) override;
  Result<std::vector<CacheRecord>> all_caches() override;
  Result<> drop_cache(const std::string& key) override;

  Result<StoredRollout> create_rollout(const RolloutFacts& facts, const RolloutSummary& summary, Instant at) override;
  Result<StoredRollout> load_rollout(int64_t rollout) override;
  Result<> set_facts(int64_t rollout, const RolloutFacts& facts) override;
  Result<> commit_rollout(const RolloutTransition& transition) override;
  Result<> post_steering(int64_t rollout, const rollout_event::Steered& steered) override;
  Result<std::vector<PostedSteering>> steering(int64_t rollout) override;
  Result<std::vector<RolloutRecord>> rollouts(const std::string& environment, size_t limit) override;
  Result<std::vector<RolloutRecord>> open_rollouts() override;
  Result<std::vector<RolloutRecord>> kept_rollouts() override;
  Result<std::vector<RolloutLine>> lines(int64_t rollout) override;
  Result<std::vector<std::string>> analyses(int64_t rollout) override;

  Result<> keep_release(const Release& release) override;
  Result<std::vector<Release>> releases(size_t limit) override;
  Result<std::vector<Release>> find_releases(const std::string& word) override;
  Result<std::optional<Release>> release(const std::string& id) override;
  Result<std::vector<Release>> releases_of_run(int64_t run) override;

  Result<> keep_entries(const std::string& environment, const std::vector<JournalEntry>& entries) override;
  Result<> drop_entries(const std::string& environment) override;
  Result<int64_t> last_entry(const std::string& environment) override;
  Result<std::vector<JournalEntry>> entries(const std::string& environment, size_t limit) override;
  Result<std::vector<std::pair<std::string, JournalEntry>>> entries_since(const std::string& environment,
                                                                          Instant since) override;
  Result<std::vector<std::string>> journals() override;
  Result<std::optional<JournalEntry>> entry(const std::string& environment, int64_t number) override;
  Result<std::vector<JournalEntry>> entries_after(const std::string& environment, int64_t number,
                                                  size_t limit) override;
  Result<std::vector<std::pair<std::string, JournalEntry>>> incident_entries(const std::string& environment) override;
  Result<std::vector<std::string>> measures(const std::string& environment) override;
  Result<bool> keep_measures(const std::string& environment, const std::vector<std::string>& before,
                             const std::vector<std::string>& parts) override;

 private:
  // Parts of a commit, within its transaction.
  Result<bool> write_arbiter(const ArbiterState& arbiter);
  Result<> write_header(const Transition& transition);
  Result<> write_events(const Transition& transition);
  Result<> write_jobs(const Transition& transition);
  Result<std::vector<int64_t>> write_started(const Transition& transition);
  Result<> write_ended(const Transition& transition);
  Result<> take_inbox(const std::vector<int64_t>& ids);
  Result<> write_posts(const std::vector<std::pair<int64_t, Event>>& posts);
  Result<> write_environments(const Transition& transition);

  // Parts of loading, under the lock.
  Result<std::optional<RunHeader>> find_locked(int64_t run);
  Result<RunRecord> engine_record(int64_t run);
  Result<std::vector<event::JobsAdded>> added_jobs(int64_t run);
  Result<std::vector<JobState>> job_states(int64_t run, size_t count);
  Result<std::vector<RunHeader>> records(Query& query);

  std::mutex mutex_;
  std::unique_ptr<Database> database_;
};

/// The columns of a run in the order in which `run_header` reads them.
#define PENSTOCK_RUN_COLUMNS "id, version, created_at, facts, summary"
Result<RunHeader> run_header(const Query& query);

#define PENSTOCK_ATTEMPT_COLUMNS "id, run, job, attempt, started_at, result"
Result<AttemptRecord> attempt_record(const Query& query);

/// The key of a row that belongs to a run and a small number.
constexpr int64_t row_key(int64_t run, int64_t number) { return (run << 32) | number; }

/// All rows of a query as `read` makes values of them.
template <class T, class Read>
Result<std::vector<T>> collect(Query& query, Read read) {
  std::vector<T> values;
  for (;;) {
    PENSTOCK_TRY(const bool more, query.row());
    if (!more) return values;
    PENSTOCK_TRY(T value, read(query));
    values.push_back(std::move(value));
  }
}

inline int64_t to_column(Instant instant) { return instant.time_since_epoch().count(); }
inline Instant to_instant(int64_t column) { return Instant(Duration(column)); }

}  // namespace penstock
