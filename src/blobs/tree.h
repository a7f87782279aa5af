#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "blobs/blob_store.h"

namespace penstock {

/// One file, link or folder of a kept tree.
struct TreeEntry {
  enum class Kind { file, link, folder };
  std::string path;    ///< Relative, `/` between components, no `.` or `..`.
  Kind kind = Kind::file;
  uint32_t mode = 0644;
  uint64_t size = 0;
  int64_t modified = 0;  ///< Seconds since 1970.
  Digest content;        ///< Of a file.
  std::string target;    ///< Of a link.

  friend bool operator==(const TreeEntry&, const TreeEntry&) = default;
};
using Tree = std::vector<TreeEntry>;

/// Writes the manifest as a blob and returns its name: the one digest that stands for all files of an artifact or a cache.
Result<Digest> put_tree(BlobStore& blobs, const Tree& tree);
/// Reads and checks one: an absolute path, a `..`, a path twice or below a link is refused with its name.
Result<Tree> get_tree(BlobStore& blobs, const Digest& digest);

/// Keeps these files (paths relative to the open folder `root`, which they can't leave, also not by symbolic links).
Result<Tree> keep_files(BlobStore& blobs, int root, const std::vector<std::string>& paths);
/// Writes a tree below the open folder `root`, over what is there. Links that lead out of it are refused with their name before anything is
/// written.
Result<> restore_files(BlobStore& blobs, int root, const Tree& tree);

}  // namespace penstock
