#pragma once

#include <filesystem>
#include <memory>

#include "base/result.h"
#include "blobs/blob_store.h"

namespace penstock {

/// A blob store in a folder: `ab/cdef….zst`, written beside and renamed.
Result<std::unique_ptr<BlobStore>> open_folder_blob_store(const std::filesystem::path& folder);

}  // namespace penstock
