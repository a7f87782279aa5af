#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace penstock {

/// Takes one attempt's log. Used by one thread at a time; destroying it ends the log.
class LogWriter {
 public:
  virtual ~LogWriter() = default;
  /// Writes at that offset and answers how long the log is now. Crash-safe when it returns. Bytes that are there
  /// already (a repeated call) are skipped; a gap is an error.
  virtual Result<uint64_t> append(uint64_t offset, std::string_view bytes) = 0;
};

/// A log that may still grow.
class LogReader {
 public:
  virtual ~LogReader() = default;
  /// Up to `limit` bytes from there; empty at the end.
  virtual Result<std::string> read(uint64_t offset, size_t limit) = 0;
  virtual Result<uint64_t> size() = 0;
  /// Blocks until the log is longer than `offset` (true) or nobody writes it any more (false). `stop_fd`, where not -1,
  /// ends the wait when it becomes readable (false).
  virtual Result<bool> wait(uint64_t offset, int stop_fd) = 0;
};

/// Logs of attempts, already masked. They don't pass through the coordinator. An attempt is named by its run and its id
/// (CI_JOB_ID).
class LogStore {
 public:
  virtual ~LogStore() = default;
  virtual Result<std::unique_ptr<LogWriter>> create(int64_t run, int64_t attempt_id) = 0;
  /// An attempt that has no log reads as an empty one.
  virtual Result<std::unique_ptr<LogReader>> open(int64_t run, int64_t attempt_id) = 0;
  /// Where a person finds it: a `file:` address for a local one. It is the job's CI_JOB_URL.
  [[nodiscard]] virtual std::string address(int64_t run, int64_t attempt_id) const = 0;
  /// Removes all logs of a run.
  virtual Result<> remove(int64_t run) = 0;
};

}  // namespace penstock
