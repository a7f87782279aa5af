#include <algorithm>
#include <string>

#include "store/record_json.h"
#include "store/sqlite_store_impl.h"

namespace penstock {
namespace {

std::string_view bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

Result<std::vector<ArtifactRecord>> artifact_records(Query& query) {
  std::vector<ArtifactRecord> records;
  for (;;) {
    PENSTOCK_TRY(const bool more, query.row());
    if (!more) return records;
    ArtifactRecord record;
    record.run = query.number(0);
    record.attempt_id = query.number(1);
    record.job = query.text(2);
    record.kept_at = to_instant(query.number(3));
    PENSTOCK_TRY(record.artifact, kept_artifact_from_json(query.text(4)));
    records.push_back(std::move(record));
  }
}

Result<CacheRecord> cache_record(const Query& query) {
  CacheRecord record;
  record.key = query.text(0);
  const std::string_view tree = query.text(1);
  if (tree.size() != record.tree.bytes.size()) {
    return Error{Fault::machine, "the state database holds a damaged cache record for `" + record.key + "`", {}};
  }
  std::copy(tree.begin(), tree.end(), record.tree.bytes.begin());
  record.kept_at = to_instant(query.number(2));
  return record;
}

}  // namespace

#define PENSTOCK_ARTIFACT_COLUMNS "run, attempt, job, kept_at, artifact"

Result<std::vector<ArtifactRecord>> SqliteStoreImpl::artifacts(int64_t run, const std::string& job) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT " PENSTOCK_ARTIFACT_COLUMNS
                                             " FROM artifact WHERE run = ?1 AND (?2 = '' OR job = ?2) ORDER BY id"));
  query.bind(run).bind(job);
  return artifact_records(query);
}

Result<std::vector<ArtifactRecord>> SqliteStoreImpl::all_artifacts() {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT " PENSTOCK_ARTIFACT_COLUMNS " FROM artifact ORDER BY id"));
  return artifact_records(query);
}

Result<> SqliteStoreImpl::drop_artifacts(int64_t attempt_id) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_CHECK(database_->sync_commits(false));
  PENSTOCK_TRY(Query query, database_->query("DELETE FROM artifact WHERE attempt = ?"));
  PENSTOCK_CHECK(query.bind(attempt_id).run());
  return success();
}

Result<std::optional<CacheRecord>> SqliteStoreImpl::find_cache(const std::vector<std::string>& keys) {
  const std::lock_guard lock(mutex_);
  for (const std::string& key : keys) {
    PENSTOCK_TRY(Query query, database_->query("SELECT key, tree, kept_at FROM cache WHERE key = ?"));
    PENSTOCK_TRY(const bool found, query.bind(key).row());
    if (!found) continue;
    PENSTOCK_TRY(CacheRecord record, cache_record(query));
    return std::optional<CacheRecord>(std::move(record));
  }
  return std::optional<CacheRecord>();
}

Result<> SqliteStoreImpl::keep_cache(const CacheRecord& cache) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_CHECK(database_->sync_commits(false));
  PENSTOCK_TRY(Query query, database_->query("INSERT OR REPLACE INTO cache VALUES(?, ?, ?)"));
  PENSTOCK_CHECK(query.bind(cache.key).bind_blob(bytes_of(cache.tree)).bind(to_column(cache.kept_at)).run());
  return success();
}

Result<std::vector<CacheRecord>> SqliteStoreImpl::all_caches() {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT key, tree, kept_at FROM cache ORDER BY kept_at, key"));
  std::vector<CacheRecord> records;
  for (;;) {
    PENSTOCK_TRY(const bool more, query.row());
    if (!more) return records;
    PENSTOCK_TRY(CacheRecord record, cache_record(query));
    records.push_back(std::move(record));
  }
}

Result<> SqliteStoreImpl::drop_cache(const std::string& key) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_CHECK(database_->sync_commits(false));
  PENSTOCK_TRY(Query query, database_->query("DELETE FROM cache WHERE key = ?"));
  PENSTOCK_CHECK(query.bind(key).run());
  return success();
}

}  // namespace penstock
