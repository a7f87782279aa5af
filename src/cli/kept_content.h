#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "blobs/blob_store.h"

namespace penstock {

/// Which blobs are needed by how many artifacts and caches, and what they weigh: what `ci clean` decides by. A tree
/// stands for its manifest and the content of all its files; content that several trees share counts once.
class KeptContent {
 public:
  /// `sizes`: bytes on disk of every blob there is.
  explicit KeptContent(std::map<Digest, uint64_t> sizes) : sizes_(std::move(sizes)) {}

  /// Counts a tree in. One that is damaged or gone counts as its manifest alone.
  void add(BlobStore& blobs, const Digest& tree);
  /// Counts a blob in that is kept for its own sake.
  void add_blob(const Digest& blob);
  /// Takes it out again; returns the bytes that nobody needs any more.
  uint64_t remove(const Digest& tree);

  [[nodiscard]] uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::set<Digest> needed() const;

 private:
  uint64_t size_of(const Digest& digest) const;

  std::map<Digest, uint64_t> sizes_;
  std::map<Digest, std::vector<Digest>> trees_;  // the blobs that a tree needs
  std::map<Digest, size_t> uses_;
  uint64_t bytes_ = 0;
};

}  // namespace penstock
