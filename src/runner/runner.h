#pragma once

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

/// Carries out one attempt in GitLab's order: sources, cache, artifacts, before_script and script in one shell,
/// after_script in another, cache and artifacts kept, reports read. Blocks until the room is gone. Never throws;
/// whatever happens is in the JobResult. Thread-safe.
class Runner {
 public:
  Runner(Executor& executor, BlobStore& blobs, const os::Clock& clock);

  JobResult run(const JobSpec& spec, JobSource& source, JobSink& sink, const Cancel& cancel);

 private:
  Executor& executor_;
  BlobStore& blobs_;
  const os::Clock& clock_;
};

}  // namespace penstock
