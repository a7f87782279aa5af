#include <string>

#include "store/sqlite_store_impl.h"

namespace penstock {
namespace {

Result<Release> release_of(const Query& query) { return release_from_json(query.text(0)); }

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

}  // namespace penstock
