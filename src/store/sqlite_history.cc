#include <limits>
#include <string>

#include "engine/json.h"
#include "store/record_json.h"
#include "store/sqlite_store_impl.h"

namespace penstock {
Result<std::vector<RunHeader>> SqliteStoreImpl::records(Query& query) { return collect<RunHeader>(query, run_header); }

Result<std::vector<RunHeader>> SqliteStoreImpl::list(size_t limit, int64_t before) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query,
               database_->query("SELECT " PENSTOCK_RUN_COLUMNS " FROM run WHERE id < ? ORDER BY id DESC LIMIT ?"));
  query.bind(before > 0 ? before : std::numeric_limits<int64_t>::max()).bind(static_cast<int64_t>(limit));
  return records(query);
}

Result<std::optional<RunHeader>> SqliteStoreImpl::find(int64_t run) {
  const std::lock_guard lock(mutex_);
  return find_locked(run);
}

Result<std::optional<RunHeader>> SqliteStoreImpl::newest() {
  PENSTOCK_TRY(std::vector<RunHeader> newest, list(1, 0));
  if (newest.empty()) return std::optional<RunHeader>();
  return std::optional<RunHeader>(std::move(newest.front()));
}

Result<std::vector<RunHeader>> SqliteStoreImpl::open_runs() {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query,
               database_->query("SELECT " PENSTOCK_RUN_COLUMNS " FROM run WHERE open = 1 ORDER BY id DESC"));
  return records(query);
}

Result<std::vector<RunHeader>> SqliteStoreImpl::children(int64_t run) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT " PENSTOCK_RUN_COLUMNS
                                             " FROM run WHERE id IN (SELECT run FROM child WHERE parent = ?) "
                                             "ORDER BY id DESC"));
  query.bind(run);
  return records(query);
}

Result<std::vector<RunHeader>> SqliteStoreImpl::due(Instant by) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT " PENSTOCK_RUN_COLUMNS
                                             " FROM run WHERE (due_at IS NOT NULL AND due_at <= ?) OR "
                                             "(open = 1 AND id IN (SELECT run FROM inbox)) ORDER BY due_at, id"));
  query.bind(to_column(by));
  return records(query);
}

Result<std::vector<RunHeader>> SqliteStoreImpl::playable() {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT " PENSTOCK_RUN_COLUMNS
                                             " FROM run WHERE manual_left > 0 OR open = 1 ORDER BY id DESC"));
  return records(query);
}

Result<std::vector<AttemptRecord>> SqliteStoreImpl::attempts(int64_t run, const std::string& job) {
  const std::lock_guard lock(mutex_);
  if (job.empty()) {
    PENSTOCK_TRY(Query query,
                 database_->query("SELECT " PENSTOCK_ATTEMPT_COLUMNS " FROM attempt WHERE run = ? ORDER BY id"));
    return collect<AttemptRecord>(query.bind(run), attempt_record);
  }
  PENSTOCK_TRY(Query query, database_->query("SELECT " PENSTOCK_ATTEMPT_COLUMNS
                                             " FROM attempt WHERE run = ? AND job = ? ORDER BY id"));
  return collect<AttemptRecord>(query.bind(run).bind(job), attempt_record);
}

Result<std::optional<AttemptRecord>> SqliteStoreImpl::attempt(int64_t id) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT " PENSTOCK_ATTEMPT_COLUMNS " FROM attempt WHERE id = ?"));
  PENSTOCK_TRY(const bool found, query.bind(id).row());
  if (!found) return std::optional<AttemptRecord>();
  PENSTOCK_TRY(AttemptRecord attempt, attempt_record(query));
  return std::optional<AttemptRecord>(std::move(attempt));
}

Result<std::vector<Event>> SqliteStoreImpl::events(int64_t run) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT events FROM event WHERE key BETWEEN ? AND ? ORDER BY key"));
  query.bind(row_key(run, 0)).bind(row_key(run + 1, 0) - 1);
  std::vector<Event> events;
  for (;;) {
    PENSTOCK_TRY(const bool more, query.row());
    if (!more) return events;
    std::string_view lines = query.text(0);
    while (!lines.empty()) {
      const size_t end = lines.find('\n');
      PENSTOCK_TRY(Event event, event_from_json(lines.substr(0, end)));
      events.push_back(std::move(event));
      lines = end == std::string_view::npos ? std::string_view() : lines.substr(end + 1);
    }
  }
}

Result<> SqliteStoreImpl::forget(int64_t run) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_CHECK(database_->sync_commits(false));
  PENSTOCK_TRY(WriteTransaction transaction, WriteTransaction::begin(*database_));
  PENSTOCK_TRY(std::optional<RunHeader> record, find_locked(run));
  if (!record) return success();
  if (!has_ended(record->summary.status)) {
    return Error{Fault::user, "run " + std::to_string(run) + " has not ended",
                 "cancel it first: `ci cancel " + std::to_string(run) + "`"};
  }
  PENSTOCK_CHECK(database_->execute(
      "UPDATE counter SET last = max(last, (SELECT coalesce(max(id), 0) FROM run)) WHERE name = 'run';"
      "UPDATE counter SET last = max(last, (SELECT coalesce(max(id), 0) FROM attempt)) WHERE name = 'attempt'"));
  for (const char* sql :
       {"DELETE FROM run WHERE id = ?", "DELETE FROM source WHERE run = ?", "DELETE FROM added WHERE run = ?",
        "DELETE FROM attempt WHERE run = ?", "DELETE FROM inbox WHERE run = ?", "DELETE FROM artifact WHERE run = ?",
        "DELETE FROM child WHERE run = ?", "DELETE FROM child WHERE parent = ?"}) {
    PENSTOCK_TRY(Query query, database_->query(sql));
    PENSTOCK_CHECK(query.bind(run).run());
  }
  for (const char* sql : {"DELETE FROM job WHERE key BETWEEN ? AND ?", "DELETE FROM event WHERE key BETWEEN ? AND ?"}) {
    PENSTOCK_TRY(Query query, database_->query(sql));
    PENSTOCK_CHECK(query.bind(row_key(run, 0)).bind(row_key(run + 1, 0) - 1).run());
  }
  return transaction.commit();
}

Result<std::vector<std::string>> SqliteStoreImpl::environments() {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT DISTINCT name FROM environment ORDER BY name"));
  return collect<std::string>(query, [](const Query& row) { return Result<std::string>(std::string(row.text(0))); });
}

Result<std::vector<EnvironmentRecord>> SqliteStoreImpl::history(const std::string& environment, size_t limit) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT record FROM environment WHERE name = ? ORDER BY id DESC LIMIT ?"));
  query.bind(environment).bind(static_cast<int64_t>(limit));
  return collect<EnvironmentRecord>(query, [](const Query& row) { return environment_record_from_json(row.text(0)); });
}

Result<std::vector<std::pair<int64_t, EnvironmentRecord>>> SqliteStoreImpl::history_after(
    const std::string& environment, int64_t number, size_t limit) {
  using Numbered = std::pair<int64_t, EnvironmentRecord>;
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT id, record FROM environment WHERE name = ? AND id > ? "
                                             "ORDER BY id LIMIT ?"));
  query.bind(environment).bind(number).bind(static_cast<int64_t>(limit));
  return collect<Numbered>(query, [](const Query& row) -> Result<Numbered> {
    PENSTOCK_TRY(EnvironmentRecord record, environment_record_from_json(row.text(1)));
    return Numbered(row.number(0), std::move(record));
  });
}

}  // namespace penstock
