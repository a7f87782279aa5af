#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "protocol/job_result.h"
#include "protocol/job_spec.h"
#include "runner/cancel.h"
#include "runner/executor.h"

namespace penstock {

class BlobStore;
namespace os {
class Clock;
}

/// What a job gets. Called from the job's thread.
class JobSource {
 public:
  virtual ~JobSource() = default;
  /// The value of a secret that the spec names.
  virtual Result<std::string> secret(std::string_view name) = 0;
  /// The newest cache under the first of these keys that has one.
  virtual Result<std::optional<Digest>> find_cache(const std::vector<std::string>& keys) = 0;
};

/// Where a job's output goes. Called from the job's thread. What comes here is masked already.
class JobSink {
 public:
  virtual ~JobSink() = default;
  /// Appends to the log; durable against `kill -9` when it returns.
  virtual Result<> log(std::string_view bytes) = 0;
  virtual Result<> keep_cache(std::string_view key, const Digest& tree) = 0;
  /// The job failed and its room still stands: with `--pause-on-failure` this waits for the person, else it returns at
  /// once.
  virtual void failed(Room& room, const JobResult& so_far, const std::vector<std::string>& environment) = 0;
};

/// A job's room as its script finds it.
struct PreparedJob {
  std::unique_ptr<Room> room;
  std::vector<std::string> environment;  ///< Secrets in it, too.
  bool as_it_was = false;                ///< What an earlier attempt left is in it; else it is a fresh one.
};

/// Carries out one attempt in GitLab's order: sources, cache, artifacts, before_script and script in one shell,
/// after_script in another, cache and artifacts kept, reports read. Blocks until the room is gone. Never throws;
/// whatever happens is in the JobResult. Thread-safe.
class Runner {
 public:
  Runner(Executor& executor, BlobStore& blobs, const os::Clock& clock);

  /// The room of an attempt that failed is kept under the attempt's id (room_name) where it can be.
  JobResult run(const JobSpec& spec, JobSource& source, JobSink& sink, const Cancel& cancel);

  /// Everything that `run` does before the script, for a person who steps in: the room that was kept of this attempt,
  /// else a fresh one with its caches and inputs. The sink gets the log of it. An Error says why the job could not
  /// begin.
  Result<PreparedJob> prepare(const JobSpec& spec, JobSource& source, JobSink& sink, const Cancel& cancel);

  /// What an attempt's room is kept under.
  static std::string room_name(int64_t attempt_id);

 private:
  Executor& executor_;
  BlobStore& blobs_;
  const os::Clock& clock_;
};

}  // namespace penstock
