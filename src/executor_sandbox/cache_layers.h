#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "blobs/tree.h"
#include "os/lock.h"
#include "workspace/shelf.h"

namespace penstock::sandbox {

/// The folders that a kept tree consists of, ready to be lower folders of an overlay; they stay while this lives.
struct HeldTree {
  std::vector<std::string> ids;  ///< The topmost first.
  std::vector<os::FileLock> locks;
};

/// Kept trees (caches of jobs) that lie unpacked, each made once, so that a room stands on them instead of getting a
/// copy. One that a job made of another is a thin layer of what is new or different over a whole one; where something
/// is gone, or much is different, it is a whole one, whose files are hard links where they haven't changed. Nothing in
/// a layer ever changes. Several processes may use them at once; one that is killed leaves nothing that counts. Layers
/// aren't synced: those of before the machine was started are made again.
class CacheLayers {
 public:
  static constexpr uint64_t kLargest = uint64_t{1} << 30;  ///< Bytes of one tree; a larger one is copied.

  /// In `caches` below the executor's state folder, which is there.
  CacheLayers(const std::filesystem::path& state_folder, BlobStore& blobs)
      : shelf_(folder_in(state_folder)), blobs_(blobs) {}
  static std::filesystem::path folder_in(const std::filesystem::path& state_folder) { return state_folder / "caches"; }
  static std::string id_of(const Digest& tree) { return to_hex(tree).substr(0, 32); }

  /// Unpacks it where it isn't yet.
  [[nodiscard]] Result<HeldTree> hold(const Digest& tree) const;
  /// By the ids that `hold` gave; nothing where one of them is gone.
  [[nodiscard]] Result<std::optional<HeldTree>> hold_again(const std::vector<std::string>& ids) const;
  [[nodiscard]] std::filesystem::path folder_of(const std::string& id) const { return shelf_.tree(id); }

  /// Makes the layer of a tree whose files were made from those of `base`, which is there; else does nothing.
  [[nodiscard]] Result<> derive(const Digest& tree, const Tree& entries, const Digest& base,
                                const Tree& base_entries) const;

 private:
  [[nodiscard]] Result<std::optional<HeldTree>> find(const std::string& id) const;
  [[nodiscard]] std::optional<Tree> addition_to(const std::string& ground, const Tree& entries, const Digest& base,
                                                const Tree& base_entries) const;
  struct NewLayer {
    Digest tree;
    std::vector<std::string> below;
    uint64_t bytes = 0;
    std::string replaces;
  };
  [[nodiscard]] Result<HeldTree> make(const NewLayer& layer,
                                      const std::function<Result<>(const std::filesystem::path& tree)>& fill) const;
  [[nodiscard]] Result<> fill_whole(const std::filesystem::path& tree, const Tree& entries,
                                    const std::vector<std::string>& donors, const Tree& same) const;

  workspace::Shelf shelf_;
  BlobStore& blobs_;
};

/// Which layers may stay where nobody needs them.
struct CacheLimits {
  uint64_t most = uint64_t{4} << 30;        ///< Bytes of all.
  int64_t oldest = int64_t{7} * 24 * 3600;  ///< Seconds since the last use.
  int64_t oldest_replaced = 3600;           ///< The same where a later one was made of it: another run may still begin.
};

/// Drops those beyond the limits, the longest unused first; none that is in `needed` (ids), in use, or stood on. With
/// `dry_run` nothing. The bytes that went.
Result<uint64_t> trim_cache_layers(const std::filesystem::path& state_folder, const std::set<std::string>& needed,
                                   const CacheLimits& limits, bool dry_run = false);

}  // namespace penstock::sandbox
