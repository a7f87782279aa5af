#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace penstock {

/// One use of a prepared statement: bind, read rows, and with its end it is free for the next use. A failed bind shows
/// in `row`.
class Query {
 public:
  Query(sqlite3* database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}
  Query(Query&& other) noexcept;
  Query& operator=(Query&&) = delete;
  ~Query();

  /// The next parameter, in order.
  Query& bind(int64_t number);
  Query& bind(std::string_view text);  ///< Must outlive the query.
  Query& bind_blob(std::string_view bytes);
  Query& bind_null();

  /// Goes to the next row; false at the end.
  Result<bool> row();
  /// For a statement that yields no rows; answers how many rows it changed.
  Result<int64_t> run();

  [[nodiscard]] int64_t number(int column) const;
  [[nodiscard]] std::string_view text(int column) const;  ///< Until the next row.
  [[nodiscard]] bool is_null(int column) const;

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_;
  int next_ = 1;
  int failed_ = 0;
};

/// A connection to one SQLite file. Not thread-safe: its owner locks.
class Database {
 public:
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file, const char* vfs);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// `sql` must be a literal: its address is the key under which the prepared statement is kept.
  Result<Query> query(const char* sql);
  /// Statements without parameters or rows.
  Result<> execute(const char* sql);
  [[nodiscard]] int64_t last_id() const;

  /// Whether commits from now on wait until they are on the disk, or only until they are written.
  Result<> sync_commits(bool sync);
  /// Whether an open transaction is left (by an error).
  [[nodiscard]] bool in_transaction() const;

 private:
  explicit Database(sqlite3* handle) : handle_(handle) {}
  Result<> prepare_connection();

  sqlite3* handle_;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
  bool syncing_ = false;
  int log_frames_ = 0;  ///< Of the write-ahead log, after our last commit.
};

/// A write transaction: rolled back unless committed.
class WriteTransaction {
 public:
  static Result<WriteTransaction> begin(Database& database);
  WriteTransaction(WriteTransaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  WriteTransaction& operator=(WriteTransaction&&) = delete;
  ~WriteTransaction();
  Result<> commit();

 private:
  explicit WriteTransaction(Database& database) : database_(&database) {}
  Database* database_;
};

/// Several reads of one moment, whatever other processes write meanwhile.
class ReadTransaction {
 public:
  static Result<ReadTransaction> begin(Database& database);
  ReadTransaction(ReadTransaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  ReadTransaction& operator=(ReadTransaction&&) = delete;
  ~ReadTransaction();

 private:
  explicit ReadTransaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace penstock
