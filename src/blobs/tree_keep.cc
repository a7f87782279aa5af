#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/text_width.h"
#include "blobs/beneath.h"
#include "blobs/tree.h"
#include "os/errors.h"

namespace penstock {
namespace {

/// Larger than any list of files that a job could keep in earnest.
constexpr uint64_t kLargestManifest = uint64_t{1} << 30;
constexpr size_t kPiece = size_t{128} << 10;

Error cannot_keep(const std::string& path, int number) {
  const std::string what = "can't keep `" + printable(path) + "`";
  if (leads_out(number)) return {Fault::user, what + ": it leads out of the folder", ""};
  return os::system_error(what, number);
}

class Keeper {
 public:
  Keeper(BlobStore& blobs, int root) : blobs_(blobs), root_(root), piece_(kPiece, '\0') {}

  Result<> keep(TreeEntry& entry) {
    os::UniqueFd fd = open_beneath(root_, entry.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    struct stat status {};
    // A link can't be opened so, a socket neither: look at what it is.
    if (!fd && (errno == ELOOP || errno == ENXIO)) return keep_link(entry);
    if (!fd || ::fstat(fd.get(), &status) != 0) return cannot_keep(entry.path, errno);
    entry.mode = status.st_mode & 0777;
    entry.modified = status.st_mtim.tv_sec;
    if (S_ISREG(status.st_mode)) return keep_content(fd.get(), entry);
    if (!S_ISDIR(status.st_mode)) return other_kind(entry.path);
    entry.kind = TreeEntry::Kind::folder;
    return success();
  }

 private:
  static Error other_kind(const std::string& path) {
    return {Fault::user, "can't keep `" + printable(path) + "`: it is neither a file nor a folder nor a link", ""};
  }

  Result<> keep_link(TreeEntry& entry) {
    os::UniqueFd fd = open_beneath(root_, entry.path, O_PATH | O_NOFOLLOW);
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0) return cannot_keep(entry.path, errno);
    if (!S_ISLNK(status.st_mode)) return other_kind(entry.path);
    char target[4096];
    const ssize_t size = ::readlinkat(fd.get(), "", target, sizeof target);
    if (size < 0) return cannot_keep(entry.path, errno);
    entry.kind = TreeEntry::Kind::link;
    entry.mode = 0777;
    entry.modified = status.st_mtim.tv_sec;
    entry.target.assign(target, static_cast<size_t>(size));
    return success();
  }

  Result<> keep_content(int fd, TreeEntry& entry) {
    entry.kind = TreeEntry::Kind::file;
    PENSTOCK_TRY(auto writer, blobs_.create());
    for (;;) {
      const ssize_t got = ::read(fd, piece_.data(), piece_.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return cannot_keep(entry.path, errno);
      if (got == 0) break;
      PENSTOCK_CHECK(writer->write({piece_.data(), static_cast<size_t>(got)}));
      entry.size += static_cast<uint64_t>(got);
    }
    PENSTOCK_TRY(entry.content, writer->finish());
    return success();
  }

  BlobStore& blobs_;
  const int root_;
  std::string piece_;
};

}  // namespace

Result<Tree> keep_files(BlobStore& blobs, int root, const std::vector<std::string>& paths, const KnownEntries& known) {
  Tree tree;
  tree.reserve(paths.size());
  Keeper keeper(blobs, root);
  for (const std::string& path : paths) {
    if (const TreeEntry* entry = known ? known(path) : nullptr) {
      tree.push_back(*entry);
      continue;
    }
    tree.emplace_back().path = path;
    PENSTOCK_CHECK(keeper.keep(tree.back()));
  }
  PENSTOCK_CHECK(check_paths(tree));
  return tree;
}

Result<Digest> put_tree(BlobStore& blobs, const Tree& tree) {
  PENSTOCK_CHECK(check_paths(tree));
  return put(blobs, to_manifest(tree));
}

Result<Tree> get_tree(BlobStore& blobs, const Digest& digest) {
  PENSTOCK_TRY(const std::string manifest, get(blobs, digest, kLargestManifest));
  return parse_manifest(manifest);
}

Result<> add_blobs_of(BlobStore& blobs, const Digest& tree, std::set<Digest>& keep) {
  PENSTOCK_TRY(const Tree entries, get_tree(blobs, tree));
  keep.insert(tree);
  for (const TreeEntry& entry : entries) {
    if (entry.kind == TreeEntry::Kind::file) keep.insert(entry.content);
  }
  return success();
}

}  // namespace penstock
