#include "store/sqlite_database.h"

#include <sqlite3.h>

#include <utility>

namespace penstock {
namespace {

constexpr int kBusyMilliseconds = 15'000;
// The log is moved into the database file, with two syncs, when it has so many frames: rarely while a run goes on, ...
constexpr int kCheckpointFrames = 4000;
// ... and at the end, where the next opening would have to read through more than these, 3 µs each.
constexpr int kFramesToLeave = 250;

Error sqlite_error(sqlite3* handle, int code) {
  const char* file = handle != nullptr ? sqlite3_db_filename(handle, "main") : nullptr;
  const std::string where = file != nullptr && *file != '\0' ? " `" + std::string(file) + "`" : "";
  const std::string words = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  Error error{Fault::machine, "can't use the state database" + where + ": " + words, {}};
  switch (code & 0xff) {
    case SQLITE_FULL:
      error.help = "free some space on that file system; `ci clean` removes old runs, caches and artifacts";
      break;
    case SQLITE_BUSY:
      error.help = "another `ci` holds it for a long time; try again when that one is done";
      break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      error.help = "the file is damaged: move it aside to start afresh (runs and their history are lost with it)";
      break;
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      error.help = "check that you may write to that file and its folder";
      break;
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
      error.fault = Fault::internal;
      break;
    default:
      break;
  }
  return error;
}

}  // namespace

Query::Query(Query&& other) noexcept
    : database_(other.database_),
      statement_(std::exchange(other.statement_, nullptr)),
      next_(other.next_),
      failed_(other.failed_) {}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Query& Query::bind(int64_t number) {
  failed_ |= sqlite3_bind_int64(statement_, next_++, number);
  return *this;
}

Query& Query::bind(std::string_view text) {
  // A null address would bind NULL.
  const char* data = text.data() != nullptr ? text.data() : "";
  failed_ |= sqlite3_bind_text64(statement_, next_++, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Query& Query::bind_blob(std::string_view bytes) {
  const char* data = bytes.data() != nullptr ? bytes.data() : "";
  failed_ |= sqlite3_bind_blob64(statement_, next_++, data, bytes.size(), SQLITE_STATIC);
  return *this;
}

Query& Query::bind_null() {
  failed_ |= sqlite3_bind_null(statement_, next_++);
  return *this;
}

Result<bool> Query::row() {
  if (failed_ != SQLITE_OK) return sqlite_error(database_, failed_);
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return sqlite_error(database_, code);
}

Result<int64_t> Query::run() {
  PENSTOCK_CHECK(row());
  return static_cast<int64_t>(sqlite3_changes64(database_));
}

int64_t Query::number(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Query::text(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Query::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file, const char* vfs) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
  const int code = sqlite3_open_v2(file.c_str(), &handle, flags, vfs);
  std::unique_ptr<Database> database(new Database(handle));
  if (code != SQLITE_OK) return sqlite_error(handle, code);
  PENSTOCK_CHECK(database->prepare_connection());
  return database;
}

Result<> Database::prepare_connection() {
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, kBusyMilliseconds);
  // The last one out leaves the log as it is: a checkpoint with its syncs at every end would cost more than a short
  // run.
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  const auto committed = [](void* self, sqlite3* handle, const char* schema, int frames) {
    static_cast<Database*>(self)->log_frames_ = frames;
    // One that can't now (a reader holds it up) is tried again after the next commit.
    if (frames >= kCheckpointFrames)
      sqlite3_wal_checkpoint_v2(handle, schema, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    return SQLITE_OK;
  };
  sqlite3_wal_hook(handle_, committed, this);
  return execute("PRAGMA synchronous=NORMAL; PRAGMA cache_size=-1024");
}

Database::~Database() {
  for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  if (log_frames_ > kFramesToLeave) {
    // A log that was only copied would be read through, and copied, by everybody who opens it after us. Whoever reads
    // just now isn't waited for.
    sqlite3_busy_timeout(handle_, 0);
    sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  }
  sqlite3_close(handle_);
}

Result<Query> Database::query(const char* sql) {
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr) {
    const int code = sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) return sqlite_error(handle_, code);
  }
  return Query(handle_, statement);
}

Result<> Database::execute(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(handle_, code);
  return success();
}

int64_t Database::last_id() const { return sqlite3_last_insert_rowid(handle_); }

Result<> Database::sync_commits(bool sync) {
  if (sync == syncing_) return success();
  PENSTOCK_CHECK(execute(sync ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL"));
  syncing_ = sync;
  return success();
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

Result<WriteTransaction> WriteTransaction::begin(Database& database) {
  PENSTOCK_TRY(Query begin, database.query("BEGIN IMMEDIATE"));
  PENSTOCK_CHECK(begin.run());
  return WriteTransaction(database);
}

WriteTransaction::~WriteTransaction() {
  // A rollback that fails leaves nothing behind either: the error has ended the transaction already.
  if (database_ != nullptr && database_->in_transaction()) (void)database_->execute("ROLLBACK");
}

Result<> WriteTransaction::commit() {
  PENSTOCK_TRY(Query commit, database_->query("COMMIT"));
  PENSTOCK_CHECK(commit.run());
  database_ = nullptr;
  return success();
}

Result<ReadTransaction> ReadTransaction::begin(Database& database) {
  PENSTOCK_TRY(Query begin, database.query("BEGIN DEFERRED"));
  PENSTOCK_CHECK(begin.run());
  return ReadTransaction(database);
}

ReadTransaction::~ReadTransaction() {
  if (database_ == nullptr || !database_->in_transaction()) return;
  // Nothing was written, so nothing can be lost with it.
  if (auto end = database_->query("ROLLBACK")) (void)end->run();
}

}  // namespace penstock
