#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/text_width.h"
#include "blobs/beneath.h"
#include "blobs/tree.h"
#include "os/errors.h"
#include "os/files.h"

namespace penstock {
namespace {

Error cannot_write(const std::string& path, int number) {
  const std::string what = "can't write `" + printable(path) + "`";
  if (leads_out(number)) return {Fault::user, what + ": a link on its way leads out of the folder", ""};
  return os::system_error(what, number);
}

class Restorer {
 public:
  Restorer(BlobStore& blobs, int root) : blobs_(blobs), root_(root) {}

  Result<> restore(const TreeEntry& entry) {
    const size_t slash = entry.path.rfind('/');
    PENSTOCK_CHECK(enter(slash == std::string::npos ? std::string() : entry.path.substr(0, slash)));
    const std::string name = entry.path.substr(slash == std::string::npos ? 0 : slash + 1);
    switch (entry.kind) {
      case TreeEntry::Kind::file:
        return restore_file(entry, name);
      case TreeEntry::Kind::link:
        return restore_link(entry, name);
      case TreeEntry::Kind::folder:
        return make_folder(entry, name);
    }
    return success();
  }

  /// The folder's own bits, once nothing more is written into it.
  Result<> finish_folder(const TreeEntry& entry) {
    const os::UniqueFd fd = open_beneath(root_, entry.path, O_RDONLY | O_DIRECTORY);
    if (!fd || ::fchmod(fd.get(), entry.mode) != 0) return cannot_write(entry.path, errno);
    return success();
  }

 private:
  /// Opens the folder that the next entry lies in; entries come sorted, so mostly it is the one before.
  Result<> enter(const std::string& folder) {
    if (folder_ && folder == folder_path_) return success();
    folder_ = folder.empty() ? open_beneath(root_, ".", O_RDONLY | O_DIRECTORY)
                             : open_beneath(root_, folder, O_RDONLY | O_DIRECTORY);
    if (!folder_ && errno == ENOENT) {
      PENSTOCK_CHECK(make_folders(folder));
      folder_ = open_beneath(root_, folder, O_RDONLY | O_DIRECTORY);
    }
    if (!folder_) return cannot_write(folder, errno);
    folder_path_ = folder;
    return success();
  }

  Result<> make_folders(const std::string& folder) {
    for (size_t slash = folder.find('/');; slash = folder.find('/', slash + 1)) {
      const std::string path = folder.substr(0, slash);
      const size_t above = path.rfind('/');
      const os::UniqueFd parent =
          open_beneath(root_, above == std::string::npos ? "." : path.substr(0, above), O_RDONLY | O_DIRECTORY);
      if (!parent) return cannot_write(path, errno);
      if (::mkdirat(parent.get(), path.c_str() + (above == std::string::npos ? 0 : above + 1), 0755) != 0 &&
          errno != EEXIST) {
        return cannot_write(path, errno);
      }
      if (slash == std::string::npos) return success();
    }
  }

  Result<> make_folder(const TreeEntry& entry, const std::string& name) {
    if (::mkdirat(folder_.get(), name.c_str(), 0755) == 0) return success();
    struct stat status {};
    if (errno == EEXIST && ::fstatat(folder_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
      if (S_ISDIR(status.st_mode)) return success();
      // A link to a folder inside stays (the project's own layout); a file makes room.
      if (S_ISLNK(status.st_mode) && open_beneath(root_, entry.path, O_RDONLY | O_DIRECTORY)) return success();
      if (::unlinkat(folder_.get(), name.c_str(), 0) == 0 && ::mkdirat(folder_.get(), name.c_str(), 0755) == 0) {
        return success();
      }
    }
    return cannot_write(entry.path, errno);
  }

  Result<> restore_link(const TreeEntry& entry, const std::string& name) {
    if (::symlinkat(entry.target.c_str(), folder_.get(), name.c_str()) == 0) return success();
    if (errno == EEXIST) {
      PENSTOCK_CHECK(make_room(entry, name));
      if (::symlinkat(entry.target.c_str(), folder_.get(), name.c_str()) == 0) return success();
    }
    return cannot_write(entry.path, errno);
  }

  Result<> restore_file(const TreeEntry& entry, const std::string& name) {
    constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    os::UniqueFd fd(::openat(folder_.get(), name.c_str(), kFlags, 0600));
    if (!fd && errno == EEXIST) {
      PENSTOCK_CHECK(make_room(entry, name));
      fd.reset(::openat(folder_.get(), name.c_str(), kFlags, 0600));
    }
    if (!fd) return cannot_write(entry.path, errno);
    uint64_t size = 0;
    PENSTOCK_CHECK(blobs_.read(entry.content, [&](std::string_view piece) -> Result<> {
      size += piece.size();
      return os::write_all(fd.get(), piece);
    }));
    if (size != entry.size) {
      return Error{Fault::machine, "`" + printable(entry.path) + "` has another size than the list of kept files says",
                   ""};
    }
    const timespec times[2] = {{entry.modified, 0}, {entry.modified, 0}};
    if (::fchmod(fd.get(), entry.mode & 0777) != 0 || ::futimens(fd.get(), times) != 0)
      return cannot_write(entry.path, errno);
    return success();
  }

  /// A file or link in the way goes; an empty folder too.
  Result<> make_room(const TreeEntry& entry, const std::string& name) {
    if (::unlinkat(folder_.get(), name.c_str(), 0) == 0) return success();
    if (errno == EISDIR && ::unlinkat(folder_.get(), name.c_str(), AT_REMOVEDIR) == 0) return success();
    return cannot_write(entry.path, errno);
  }

  BlobStore& blobs_;
  const int root_;
  std::string folder_path_;
  os::UniqueFd folder_;
};

}  // namespace

Result<> restore_files(BlobStore& blobs, int root, const Tree& tree, const LinkRule& rule) {
  PENSTOCK_CHECK(check_paths(tree));
  PENSTOCK_CHECK(check_links(tree, rule));
  std::vector<const TreeEntry*> sorted;
  sorted.reserve(tree.size());
  for (const TreeEntry& entry : tree) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(), [](const TreeEntry* a, const TreeEntry* b) { return a->path < b->path; });
  Restorer restorer(blobs, root);
  for (const TreeEntry* entry : sorted) PENSTOCK_CHECK(restorer.restore(*entry));
  for (auto entry = sorted.rbegin(); entry != sorted.rend(); ++entry) {
    if ((*entry)->kind == TreeEntry::Kind::folder) PENSTOCK_CHECK(restorer.finish_folder(**entry));
  }
  return success();
}

}  // namespace penstock
