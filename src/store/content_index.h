#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "base/time.h"
#include "protocol/job_result.h"

namespace penstock {

/// A kept artifact and whose it is.
struct ArtifactRecord {
  int64_t run = 0;
  int64_t attempt_id = 0;
  std::string job;
  Instant kept_at;
  KeptArtifact artifact;

  friend bool operator==(const ArtifactRecord&, const ArtifactRecord&) = default;
};

/// Which trees in the blob store belong to which attempt. Written by RunStore::commit with the attempt's result.
class ArtifactIndex {
 public:
  virtual ~ArtifactIndex() = default;
  /// Of a run, in the order in which they were kept; with `job`, of that job only.
  virtual Result<std::vector<ArtifactRecord>> artifacts(int64_t run, const std::string& job = {}) = 0;
  /// All of the project, oldest first: what `ci clean` goes through.
  virtual Result<std::vector<ArtifactRecord>> all_artifacts() = 0;
  /// Drops an attempt's artifacts from the index.
  virtual Result<> drop_artifacts(int64_t attempt_id) = 0;
};

struct CacheRecord {
  std::string key;
  Digest tree;
  Instant kept_at;

  friend bool operator==(const CacheRecord&, const CacheRecord&) = default;
};

/// The newest cache by key. Thread-safe: asked and told from the jobs' threads.
class CacheIndex {
 public:
  virtual ~CacheIndex() = default;
  /// The cache of the first of these keys that has one.
  virtual Result<std::optional<CacheRecord>> find_cache(const std::vector<std::string>& keys) = 0;
  virtual Result<> keep_cache(const CacheRecord& cache) = 0;
  /// Oldest first.
  virtual Result<std::vector<CacheRecord>> all_caches() = 0;
  virtual Result<> drop_cache(const std::string& key) = 0;
};

}  // namespace penstock
