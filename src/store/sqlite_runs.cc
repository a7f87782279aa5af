#include <string>

#include "engine/json.h"
#include "plan/json.h"
#include "protocol/json.h"
#include "store/record_json.h"
#include "store/sqlite_schema.h"
#include "store/sqlite_store_impl.h"

namespace penstock {
namespace {

Error no_such_run(int64_t run) {
  return {Fault::user, "there is no run " + std::to_string(run), "`ci list` shows the runs of this repository"};
}

}  // namespace

Result<std::unique_ptr<SqliteStore>> open_sqlite_store(const std::filesystem::path& file,
                                                       const SqliteOptions& options) {
  PENSTOCK_TRY(std::unique_ptr<Database> database, Database::open(file, options.vfs));
  PENSTOCK_CHECK(prepare_schema(*database, file));
  return std::unique_ptr<SqliteStore>(std::make_unique<SqliteStoreImpl>(std::move(database)));
}

Result<RunHeader> run_header(const Query& query) {
  RunHeader header;
  header.id = query.number(0);
  header.version = query.number(1);
  header.created_at = to_instant(query.number(2));
  PENSTOCK_TRY(header.facts, run_facts_from_json(query.text(3)));
  PENSTOCK_TRY(header.summary, run_summary_from_json(query.text(4)));
  return header;
}

Result<AttemptRecord> attempt_record(const Query& query) {
  AttemptRecord attempt;
  attempt.id = query.number(0);
  attempt.run = query.number(1);
  attempt.job = query.text(2);
  attempt.attempt = static_cast<int>(query.number(3));
  attempt.started_at = to_instant(query.number(4));
  if (!query.is_null(5)) {
    PENSTOCK_TRY(attempt.result, job_result_from_json(query.text(5)));
  }
  return attempt;
}

Result<StoredRun> SqliteStoreImpl::create(const NewRun& run) {
  const std::string facts = to_json(run.facts);
  const std::string summary = to_json(RunSummary());
  const std::string plan = to_json(*run.plan);
  Run state(run.plan, run.options);
  const std::string record = to_json(state.record());
  const std::lock_guard lock(mutex_);
  PENSTOCK_CHECK(database_->sync_commits(false));
  PENSTOCK_TRY(WriteTransaction transaction, WriteTransaction::begin(*database_));
  {
    // The counter holds what was the last number before runs were forgotten: a number never comes twice.
    PENSTOCK_TRY(Query query,
                 database_->query("INSERT INTO run VALUES(1 + max((SELECT coalesce(max(id), 0) FROM run), "
                                  "(SELECT last FROM counter WHERE name = 'run')), 0, ?, ?, ?, ?, 1, NULL, 0)"));
    PENSTOCK_CHECK(query.bind(to_column(run.at)).bind(facts).bind(record).bind(summary).run());
  }
  const int64_t id = database_->last_id();
  {
    PENSTOCK_TRY(Query query, database_->query("INSERT INTO source VALUES(?, ?, ?, ?)"));
    query.bind(id).bind(plan).bind(run.options.keep_going ? 1 : 0).bind_blob(run.sealed_context);
    PENSTOCK_CHECK(query.run());
  }
  if (run.facts.parent.run != 0) {
    PENSTOCK_TRY(Query query, database_->query("INSERT INTO child VALUES(?, ?)"));
    PENSTOCK_CHECK(query.bind(run.facts.parent.run).bind(id).run());
  }
  PENSTOCK_CHECK(transaction.commit());
  return StoredRun{RunHeader{id, 0, run.at, run.facts, {}}, std::move(state), run.sealed_context};
}

Result<std::optional<RunHeader>> SqliteStoreImpl::find_locked(int64_t run) {
  PENSTOCK_TRY(Query query, database_->query("SELECT " PENSTOCK_RUN_COLUMNS " FROM run WHERE id = ?"));
  PENSTOCK_TRY(const bool found, query.bind(run).row());
  if (!found) return std::optional<RunHeader>();
  PENSTOCK_TRY(RunHeader header, run_header(query));
  return std::optional<RunHeader>(std::move(header));
}

Result<RunRecord> SqliteStoreImpl::engine_record(int64_t run) {
  PENSTOCK_TRY(Query query, database_->query("SELECT record FROM run WHERE id = ?"));
  PENSTOCK_CHECK(query.bind(run).row());
  return run_record_from_json(query.text(0));
}

Result<std::vector<event::JobsAdded>> SqliteStoreImpl::added_jobs(int64_t run) {
  std::vector<event::JobsAdded> added;
  PENSTOCK_TRY(Query query, database_->query("SELECT event FROM added WHERE run = ? ORDER BY id"));
  query.bind(run);
  for (;;) {
    PENSTOCK_TRY(const bool more, query.row());
    if (!more) return added;
    PENSTOCK_TRY(Event event, event_from_json(query.text(0)));
    if (auto* jobs = std::get_if<event::JobsAdded>(&event.what)) added.push_back(std::move(*jobs));
  }
}

Result<std::vector<JobState>> SqliteStoreImpl::job_states(int64_t run, size_t count) {
  std::vector<JobState> states(count);  // a job without a row has never changed
  PENSTOCK_TRY(Query query, database_->query("SELECT key, state FROM job WHERE key BETWEEN ? AND ?"));
  query.bind(row_key(run, 0)).bind(row_key(run + 1, 0) - 1);
  for (;;) {
    PENSTOCK_TRY(const bool more, query.row());
    if (!more) return states;
    const auto index = static_cast<size_t>(query.number(0) - row_key(run, 0));
    if (index >= count) {
      return Error{Fault::internal, "run " + std::to_string(run) + " has a state for a job that it hasn't", {}};
    }
    PENSTOCK_TRY(states[index], job_state_from_json(query.text(1)));
  }
}

Result<StoredRun> SqliteStoreImpl::load(int64_t run) {
  const std::lock_guard lock(mutex_);
  // A driver in another process may commit between two of these reads.
  PENSTOCK_TRY(const ReadTransaction snapshot, ReadTransaction::begin(*database_));
  PENSTOCK_TRY(std::optional<RunHeader> header, find_locked(run));
  if (!header) return no_such_run(run);
  PENSTOCK_TRY(const RunRecord record, engine_record(run));
  PENSTOCK_TRY(Query query, database_->query("SELECT plan, keep_going, context FROM source WHERE run = ?"));
  PENSTOCK_TRY(const bool found, query.bind(run).row());
  if (!found) return Error{Fault::internal, "run " + std::to_string(run) + " has no plan", {}};
  PENSTOCK_TRY(Plan plan, plan_from_json(query.text(0)));
  const RunOptions options{query.number(1) != 0};
  std::string context(query.text(2));
  PENSTOCK_TRY(std::vector<event::JobsAdded> added, added_jobs(run));
  size_t jobs = plan.jobs.size();
  for (const event::JobsAdded& more : added) jobs += more.jobs.size();
  PENSTOCK_TRY(std::vector<JobState> states, job_states(run, jobs));
  PENSTOCK_TRY(Run state, Run::restore(std::make_shared<const Plan>(std::move(plan)), options, std::move(added), record,
                                       std::move(states)));
  return StoredRun{*std::move(header), std::move(state), std::move(context)};
}

Result<> SqliteStoreImpl::post(int64_t run, const std::vector<Event>& events) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_CHECK(database_->sync_commits(true));
  PENSTOCK_TRY(WriteTransaction transaction, WriteTransaction::begin(*database_));
  PENSTOCK_TRY(const std::optional<RunHeader> header, find_locked(run));
  if (!header) return no_such_run(run);
  for (const Event& event : events) {
    const std::string text = to_json(event);
    PENSTOCK_TRY(Query query, database_->query("INSERT INTO inbox(run, event) VALUES(?, ?)"));
    PENSTOCK_CHECK(query.bind(run).bind(text).run());
  }
  return transaction.commit();
}

Result<std::vector<Posted>> SqliteStoreImpl::inbox(int64_t run) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT id, event FROM inbox WHERE run = ? ORDER BY id"));
  query.bind(run);
  std::vector<Posted> posted;
  for (;;) {
    PENSTOCK_TRY(const bool more, query.row());
    if (!more) return posted;
    PENSTOCK_TRY(Event event, event_from_json(query.text(1)));
    posted.push_back({query.number(0), std::move(event)});
  }
}

Result<std::optional<AttemptRecord>> SqliteStoreImpl::last_attempt(int64_t run, const std::string& job) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT " PENSTOCK_ATTEMPT_COLUMNS
                                             " FROM attempt WHERE run = ? AND job = ? ORDER BY id DESC LIMIT 1"));
  PENSTOCK_TRY(const bool found, query.bind(run).bind(job).row());
  if (!found) return std::optional<AttemptRecord>();
  PENSTOCK_TRY(AttemptRecord attempt, attempt_record(query));
  return std::optional<AttemptRecord>(std::move(attempt));
}

Result<ArbiterState> SqliteStoreImpl::arbiter() {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT version, state FROM arbiter"));
  PENSTOCK_TRY(const bool found, query.row());
  if (!found) return ArbiterState();
  PENSTOCK_TRY(Arbiter arbiter, arbiter_from_json(query.text(1)));
  return ArbiterState{query.number(0), std::move(arbiter)};
}

}  // namespace penstock
