#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"

namespace penstock {

/// Takes content in pieces; nothing is in the store before `finish`.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;  ///< Without `finish`: as if it had never been.
  virtual Result<> write(std::string_view piece) = 0;
  virtual Result<Digest> finish() = 0;
};

/// Content by its SHA-256: the same content is kept once. Compressed inside, whole or absent, never changed.
/// Thread-safe, and safe for several processes on one folder.
class BlobStore {
 public:
  virtual ~BlobStore() = default;
  virtual Result<std::unique_ptr<BlobWriter>> create() = 0;
  /// Hands the content over in pieces; an Error where it is absent or damaged. Each read is checked against the digest,
  /// which is known at its end only: what was handed over before an Error is worth nothing.
  virtual Result<> read(const Digest& digest, const std::function<Result<>(std::string_view piece)>& take) = 0;
  virtual bool has(const Digest& digest) = 0;
  /// Everything written so far survives a loss of power.
  virtual Result<> sync() = 0;
};

/// In one call, for small content.
Result<Digest> put(BlobStore& blobs, std::string_view content);
Result<std::string> get(BlobStore& blobs, const Digest& digest, uint64_t limit);

}  // namespace penstock
