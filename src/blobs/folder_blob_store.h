#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "base/time.h"
#include "blobs/blob_store.h"

namespace penstock {

/// A blob store in a folder: `ab/cdef….zst`, written beside (in `new/`) and renamed. Putting content that is there
/// already marks it as used now, by its modification time. A blob found damaged is removed, so that the next put heals
/// it.
Result<std::unique_ptr<BlobStore>> open_folder_blob_store(const std::filesystem::path& folder);

/// One blob as it lies in the folder.
struct StoredBlob {
  Digest digest;
  uint64_t bytes = 0;  ///< On disk, compressed.
  Instant used_at;     ///< When it was put last.
};

/// All blobs, in no order. Files that are no blobs are left out.
Result<std::vector<StoredBlob>> list_blobs(const std::filesystem::path& folder);

struct Swept {
  uint64_t removed = 0;
  uint64_t removed_bytes = 0;
  uint64_t kept = 0;
  uint64_t kept_bytes = 0;
};

/// Removes what is neither in `keep` nor was put since `unused_since`, and unfinished files of writers that died before
/// it. Beside concurrent writers and readers: what is put while it runs stays, provided that `unused_since` lies before
/// any put that isn't in `keep` yet.
Result<Swept> sweep_blobs(const std::filesystem::path& folder, const std::set<Digest>& keep, Instant unused_since);

}  // namespace penstock
