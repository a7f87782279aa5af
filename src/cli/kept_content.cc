#include "cli/kept_content.h"

#include "blobs/tree.h"

namespace penstock {

uint64_t KeptContent::size_of(const Digest& digest) const {
  const auto found = sizes_.find(digest);
  return found == sizes_.end() ? 0 : found->second;
}

void KeptContent::add(BlobStore& blobs, const Digest& tree) {
  const auto [known, added] = trees_.try_emplace(tree);
  if (added) {
    std::set<Digest> parts{tree};
    if (const auto entries = get_tree(blobs, tree)) {
      for (const TreeEntry& entry : *entries) {
        if (entry.kind == TreeEntry::Kind::file) parts.insert(entry.content);
      }
    }
    known->second.assign(parts.begin(), parts.end());
  }
  for (const Digest& part : known->second) {
    if (uses_[part]++ == 0) bytes_ += size_of(part);
  }
}

void KeptContent::add_blob(const Digest& blob) {
  if (uses_[blob]++ == 0) bytes_ += size_of(blob);
}

uint64_t KeptContent::remove(const Digest& tree) {
  uint64_t freed = 0;
  const auto known = trees_.find(tree);
  if (known == trees_.end()) return freed;
  for (const Digest& part : known->second) {
    const auto use = uses_.find(part);
    if (use == uses_.end() || --use->second > 0) continue;
    uses_.erase(use);
    freed += size_of(part);
  }
  bytes_ -= freed;
  return freed;
}

std::set<Digest> KeptContent::needed() const {
  std::set<Digest> digests;
  for (const auto& [digest, uses] : uses_) digests.insert(digest);
  return digests;
}

}  // namespace penstock
