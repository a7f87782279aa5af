#include <algorithm>
#include <string>

#include "store/sqlite_store_impl.h"

namespace penstock {
namespace {

using Named = std::pair<std::string, JournalEntry>;

Result<JournalEntry> entry_of(const Query& query) { return journal_entry_from_json(query.text(0)); }

Result<Named> named_entry_of(const Query& row) {
  PENSTOCK_TRY(JournalEntry entry, entry_of(row));
  return Named{std::string(row.text(1)), std::move(entry)};
}

}  // namespace

Result<> SqliteStoreImpl::keep_entries(const std::string& environment, const std::vector<JournalEntry>& entries) {
  if (entries.empty()) return success();
  const std::lock_guard lock(mutex_);
  PENSTOCK_CHECK(database_->sync_commits(false));  // a cache: the target has them
  PENSTOCK_TRY(WriteTransaction transaction, WriteTransaction::begin(*database_));
  for (const JournalEntry& entry : entries) {
    const std::string text = to_json(entry);
    PENSTOCK_TRY(Query query, database_->query("INSERT OR REPLACE INTO journal VALUES(?, ?, ?, ?)"));
    PENSTOCK_CHECK(query.bind(environment).bind(entry.number).bind(to_column(entry.at)).bind(text).run());
  }
  return transaction.commit();
}

Result<> SqliteStoreImpl::drop_entries(const std::string& environment) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("DELETE FROM journal WHERE environment = ?"));
  PENSTOCK_CHECK(query.bind(environment).run());
  return success();
}

Result<int64_t> SqliteStoreImpl::last_entry(const std::string& environment) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT coalesce(max(number), 0) FROM journal WHERE environment = ?"));
  PENSTOCK_CHECK(query.bind(environment).row());
  return query.number(0);
}

Result<std::vector<JournalEntry>> SqliteStoreImpl::entries(const std::string& environment, size_t limit) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query,
               database_->query("SELECT entry FROM journal WHERE environment = ? ORDER BY number DESC LIMIT ?"));
  return collect<JournalEntry>(query.bind(environment).bind(static_cast<int64_t>(limit)), entry_of);
}

Result<std::vector<std::pair<std::string, JournalEntry>>> SqliteStoreImpl::entries_since(const std::string& environment,
                                                                                         Instant since) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT entry, environment FROM journal WHERE at >= ?1 AND "
                                             "(?2 = '' OR environment = ?2) ORDER BY at, environment, number"));
  return collect<Named>(query.bind(to_column(since)).bind(environment), named_entry_of);
}

Result<std::vector<std::string>> SqliteStoreImpl::journals() {
  const std::lock_guard lock(mutex_);
  // One step an environment, where GROUP BY would walk through all entries.
  PENSTOCK_TRY(Query query, database_->query(R"sql(
WITH RECURSIVE known(name) AS (
  SELECT min(environment) FROM journal UNION ALL
  SELECT (SELECT min(environment) FROM journal WHERE environment > name) FROM known WHERE name IS NOT NULL)
SELECT name FROM known WHERE name IS NOT NULL)sql"));
  return collect<std::string>(query, [](const Query& row) { return Result<std::string>(std::string(row.text(0))); });
}

Result<std::optional<JournalEntry>> SqliteStoreImpl::entry(const std::string& environment, int64_t number) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT entry FROM journal WHERE environment = ? AND number = ?"));
  PENSTOCK_TRY(const bool found, query.bind(environment).bind(number).row());
  if (!found) return std::optional<JournalEntry>();
  PENSTOCK_TRY(JournalEntry entry, entry_of(query));
  return std::optional<JournalEntry>(std::move(entry));
}

Result<std::vector<JournalEntry>> SqliteStoreImpl::entries_after(const std::string& environment, int64_t number,
                                                                 size_t limit) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT entry FROM journal WHERE environment = ? AND number > ? "
                                             "ORDER BY number LIMIT ?"));
  return collect<JournalEntry>(query.bind(environment).bind(number).bind(static_cast<int64_t>(limit)), entry_of);
}

Result<std::vector<Named>> SqliteStoreImpl::incident_entries(const std::string& environment) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT entry, environment FROM journal WHERE (?1 = '' OR environment = "
                                             "?1) AND entry LIKE '%\"what\":\"incident\\__%' ESCAPE '\\' "
                                             "ORDER BY environment, number"));
  PENSTOCK_TRY(std::vector<Named> all, collect<Named>(query.bind(environment), named_entry_of));
  std::erase_if(all, [](const Named& one) {  // the words may also stand in a message
    return one.second.what != JournalEntry::What::incident_opened &&
           one.second.what != JournalEntry::What::incident_closed;
  });
  return all;
}

Result<std::vector<std::string>> SqliteStoreImpl::measures(const std::string& environment) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT bytes FROM measure WHERE environment = ? ORDER BY part"));
  return collect<std::string>(query.bind(environment),
                              [](const Query& row) { return Result<std::string>(std::string(row.text(0))); });
}

Result<bool> SqliteStoreImpl::keep_measures(const std::string& environment, const std::vector<std::string>& before,
                                            const std::vector<std::string>& parts) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_CHECK(database_->sync_commits(false));  // the journal has all of it
  PENSTOCK_TRY(WriteTransaction transaction, WriteTransaction::begin(*database_));
  {
    PENSTOCK_TRY(Query query, database_->query("SELECT bytes FROM measure WHERE environment = ? AND part = 0"));
    PENSTOCK_TRY(const bool found, query.bind(environment).row());
    const bool same = found ? !before.empty() && query.text(0) == before.front() : before.empty();
    if (!same) return false;
  }
  for (size_t part = 0; part < parts.size(); ++part) {
    if (part < before.size() && before[part] == parts[part]) continue;
    PENSTOCK_TRY(Query query, database_->query("INSERT OR REPLACE INTO measure VALUES(?, ?, ?)"));
    PENSTOCK_CHECK(query.bind(environment).bind(static_cast<int64_t>(part)).bind_blob(parts[part]).run());
  }
  PENSTOCK_TRY(Query query, database_->query("DELETE FROM measure WHERE environment = ? AND part >= ?"));
  PENSTOCK_CHECK(query.bind(environment).bind(static_cast<int64_t>(parts.size())).run());
  PENSTOCK_CHECK(transaction.commit());
  return true;
}

}  // namespace penstock
