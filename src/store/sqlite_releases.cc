#include <string>

#include "store/sqlite_store_impl.h"

namespace penstock {
namespace {

Result<Release> release_of(const Query& query) { return release_from_json(query.text(0)); }
Result<JournalEntry> entry_of(const Query& query) { return journal_entry_from_json(query.text(0)); }

}  // namespace

Result<> SqliteStoreImpl::keep_release(const Release& release) {
  const std::string text = to_json(release);
  const std::lock_guard lock(mutex_);
  PENSTOCK_CHECK(database_->sync_commits(true));
  PENSTOCK_TRY(Query query, database_->query("INSERT OR REPLACE INTO release VALUES(?, ?, ?, ?, ?, ?)"));
  query.bind(release.id).bind(release.name).bind(release.version).bind(release.run).bind(to_column(release.built_at));
  PENSTOCK_CHECK(query.bind(text).run());
  return success();
}

Result<std::vector<Release>> SqliteStoreImpl::releases(size_t limit) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT release FROM release ORDER BY built_at DESC, id LIMIT ?"));
  return collect<Release>(query.bind(static_cast<int64_t>(limit)), release_of);
}

Result<std::vector<Release>> SqliteStoreImpl::find_releases(const std::string& word) {
  const std::lock_guard lock(mutex_);
  // An id is lower-case hex: `g` follows its last digit.
  const std::string after = word + "g";
  PENSTOCK_TRY(Query query, database_->query("SELECT release FROM release WHERE (id >= ?1 AND id < ?2) OR name = ?1 OR "
                                             "version = ?1 ORDER BY built_at DESC, id"));
  return collect<Release>(query.bind(word).bind(after), release_of);
}

Result<std::optional<Release>> SqliteStoreImpl::release(const std::string& id) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT release FROM release WHERE id = ?"));
  PENSTOCK_TRY(const bool found, query.bind(id).row());
  if (!found) return std::optional<Release>();
  PENSTOCK_TRY(Release release, release_of(query));
  return std::optional<Release>(std::move(release));
}

Result<std::vector<Release>> SqliteStoreImpl::releases_of_run(int64_t run) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT release FROM release WHERE run = ? ORDER BY built_at DESC, id"));
  return collect<Release>(query.bind(run), release_of);
}

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
  using Named = std::pair<std::string, JournalEntry>;
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT entry, environment FROM journal WHERE at >= ?1 AND "
                                             "(?2 = '' OR environment = ?2) ORDER BY at, environment, number"));
  return collect<Named>(query.bind(to_column(since)).bind(environment), [](const Query& row) -> Result<Named> {
    PENSTOCK_TRY(JournalEntry entry, entry_of(row));
    return Named{std::string(row.text(1)), std::move(entry)};
  });
}

}  // namespace penstock
