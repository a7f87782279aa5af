#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/records.h"

namespace penstock {

/// What was and is, for those who show it. Reads never wait for a writer.
class RunHistory {
 public:
  virtual ~RunHistory() = default;

  /// Newest first, `limit` of them, those before run `before` where that is not 0.
  virtual Result<std::vector<RunHeader>> list(size_t limit, int64_t before = 0) = 0;
  virtual Result<std::optional<RunHeader>> find(int64_t run) = 0;
  /// The newest run.
  virtual Result<std::optional<RunHeader>> newest() = 0;
  /// Runs that have not ended, newest first: they run, are parked, or their driver died.
  virtual Result<std::vector<RunHeader>> open_runs() = 0;
  /// Runs that trigger jobs of this one have started, newest first.
  virtual Result<std::vector<RunHeader>> children(int64_t run) = 0;
  /// Parked runs that are due by then, and open ones for which something was left: what `ci watch` drives.
  virtual Result<std::vector<RunHeader>> due(Instant by) = 0;
  /// Open runs and ended ones that still have manual jobs to play, newest first: where `ci approve NAME` looks.
  virtual Result<std::vector<RunHeader>> playable() = 0;

  /// All attempts of a run in the order in which they began; with `job`, of that job only.
  virtual Result<std::vector<AttemptRecord>> attempts(int64_t run, const std::string& job = {}) = 0;
  virtual Result<std::optional<AttemptRecord>> attempt(int64_t id) = 0;
  /// All that happened to a run, in order.
  virtual Result<std::vector<Event>> events(int64_t run) = 0;

  /// Forgets a run that has ended: its records, not its logs and blobs (`ci clean` removes those).
  virtual Result<> forget(int64_t run) = 0;
};

/// What was done to environments.
class EnvironmentHistory {
 public:
  virtual ~EnvironmentHistory() = default;
  /// Names of all environments that anything was done to, sorted.
  virtual Result<std::vector<std::string>> environments() = 0;
  /// Newest first.
  virtual Result<std::vector<EnvironmentRecord>> history(const std::string& environment, size_t limit) = 0;
  /// Those with a greater number, oldest first; numbers rise over all environments.
  virtual Result<std::vector<std::pair<int64_t, EnvironmentRecord>>> history_after(const std::string& environment,
                                                                                   int64_t number, size_t limit) = 0;
};

}  // namespace penstock
