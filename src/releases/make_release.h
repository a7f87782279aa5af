#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "base/time.h"
#include "rollout/release.h"

namespace penstock {

class BlobStore;

/// What one attempt of a job kept: a tree in the blob store.
struct KeptArchive {
  std::string job;
  int64_t attempt_id = 0;
  Digest tree;
  Instant at;
};

/// Where a release comes from: what its record says beside its files.
struct BuiltFrom {
  int64_t run = 0;
  std::string commit;
  std::string subject;
  std::string author;
  Instant committed_at;
  std::string ref;
  std::string tests;  ///< `412 passed`.
};

/// Makes a release of what a run kept. `wanted` says of which files: empty for all wheels and source distributions, a
/// distribution's name (`app`) for those of that one, else a pattern of paths (`dist/*.tar`). Of a job that ran several
/// times the last attempt that kept something counts. The files' content is put into the blob store by its own digest
/// (where it lies already). It was built when the last archive was kept that gave it a file. Fault::user where there is
/// nothing of the kind, with what there is instead, or where two files have one name and different content.
Result<Release> make_release(BlobStore& blobs, const std::vector<KeptArchive>& archives, const BuiltFrom& from,
                             const std::string& wanted);

/// What a wheel's file name says (PEP 427): `app-2.8.0-py3-none-any.whl` is version 2.8.0 of `app`. Empty fields where
/// it is no wheel's or source distribution's name.
struct DistributionName {
  std::string name;  ///< Normalized (PEP 503): lower case, runs of `-_.` as one `-`.
  std::string version;
  bool wheel = false;
};
DistributionName distribution_of(const std::string& file_name);

}  // namespace penstock
