#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
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
  std::string path;  ///< Relative, `/` between components, no `.` or `..`.
  Kind kind = Kind::file;
  uint32_t mode = 0644;  ///< Permission bits alone (at most 0777).
  uint64_t size = 0;
  int64_t modified = 0;  ///< Seconds since 1970.
  Digest content;        ///< Of a file.
  std::string target;    ///< Of a link.

  friend bool operator==(const TreeEntry&, const TreeEntry&) = default;
};
using Tree = std::vector<TreeEntry>;

/// Which symbolic links a tree may hold. A restore never writes through a link in any case; this is about where links
/// may lead.
struct LinkRule {
  bool anywhere = false;  ///< All: a cache of a virtual environment links to the machine's python.
  std::string
      inside;  ///< Absolute targets below this folder count as inside: where the tree's root is as the job sees it.
};

/// Writes the manifest as a blob and returns its name: the one digest that stands for all files of an artifact or a
/// cache.
Result<Digest> put_tree(BlobStore& blobs, const Tree& tree);
/// Reads and checks one: an absolute path, a `..`, a path twice or below a link is refused with its name.
Result<Tree> get_tree(BlobStore& blobs, const Digest& digest);
/// Adds the tree's own digest and those of its files: what must be kept for it.
Result<> add_blobs_of(BlobStore& blobs, const Digest& tree, std::set<Digest>& keep);

/// The manifest's text: a line `penstock-tree 1`, then one record an entry, sorted by path: `f MODE SIZE MODIFIED
/// DIGEST PATH`, `l MODIFIED PATH` and the target, or `d MODE MODIFIED PATH`; numbers decimal, the mode octal; each
/// path or target ended by a NUL, since it may hold any other byte.
std::string to_manifest(Tree tree);
Result<Tree> parse_manifest(std::string_view text);
/// What get_tree refuses, and links that lead out of the tree by `rule`.
Result<> check_paths(const Tree& tree);
Result<> check_links(const Tree& tree, const LinkRule& rule);
/// Whether a link at `path` to `target` stays below the tree's root. A `..` after a name counts as leading out, since
/// the name may be a link.
bool link_stays_inside(std::string_view path, std::string_view target, const LinkRule& rule);

/// What makes `to` of `from` by lying over it: what is new or different, with the folders that it lies in. Nothing
/// where something would have to go.
std::optional<Tree> addition_between(const Tree& from, const Tree& to);
/// What is in `to` as it is in `from`.
Tree unchanged_between(const Tree& from, const Tree& to);

/// Keeps these files, links and folders (paths relative to the open folder `root`, which they can't leave, also not by
/// symbolic links). A folder is kept without what it holds. Anything else (a socket, a device) is refused with its
/// name. What `known` has an entry for is taken over as it is, unread.
using KnownEntries = std::function<const TreeEntry*(const std::string& path)>;
Result<Tree> keep_files(BlobStore& blobs, int root, const std::vector<std::string>& paths,
                        const KnownEntries& known = {});
/// Writes a tree below the open folder `root`, over what is there: a file or link is replaced, never written through.
/// Links that lead out of it are refused with their name before anything is written.
Result<> restore_files(BlobStore& blobs, int root, const Tree& tree, const LinkRule& rule = {});

}  // namespace penstock
