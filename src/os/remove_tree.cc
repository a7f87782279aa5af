#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "os/errors.h"
#include "os/files.h"

namespace penstock::os {
namespace {

/// Walks with one open descriptor, however deep: down by openat, up by `..`, checked to be the folder that it came
/// from.
class Remover {
 public:
  explicit Remover(const std::filesystem::path& path) : path_(path) {}

  Result<> remove() {
    if (::unlink(path_.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return success();
    // EISDIR is Linux's answer for a folder, EPERM what POSIX asks for.
    if (errno != EISDIR && errno != EPERM) return system_error("can't remove `" + path_.native() + "`", errno);
    if (::rmdir(path_.c_str()) == 0) return success();
    PENSTOCK_CHECK(descend(AT_FDCWD, path_.native()));
    device_ = levels_.back().device;
    while (!levels_.empty()) PENSTOCK_CHECK(step());
    if (::rmdir(path_.c_str()) != 0 && errno != ENOENT) note("", errno);
    if (first_error_) return *first_error_;
    return success();
  }

 private:
  struct Level {
    dev_t device;
    ino_t inode;
    std::string name;
    std::vector<FolderEntry> left;  ///< What is still to be removed; the last one first.
  };

  /// Removes one entry of the innermost folder, or leaves that folder when it has none left.
  Result<> step() {
    if (levels_.back().left.empty()) return ascend();
    const FolderEntry entry = std::move(levels_.back().left.back());
    levels_.back().left.pop_back();
    const bool folder = entry.type == FileType::folder;
    if (::unlinkat(here_.get(), entry.name.c_str(), folder ? AT_REMOVEDIR : 0) == 0 || errno == ENOENT)
      return success();
    if (folder && (errno == ENOTEMPTY || errno == EEXIST || errno == EACCES)) {
      Result<> down = descend(here_.get(), entry.name);
      if (!down.ok() && !first_error_) first_error_ = down.error();
      return success();
    }
    note(entry.name, errno);
    return success();
  }

  Result<> descend(int from, const std::string& name) {
    constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    UniqueFd folder(::openat(from, name.c_str(), kFlags));
    if (!folder && errno == EACCES) {
      open_up(from, name);
      folder.reset(::openat(from, name.c_str(), kFlags));
    }
    struct stat status {};
    if (!folder || ::fstat(folder.get(), &status) != 0) return system_error("can't open `" + where(name) + "`", errno);
    if (!levels_.empty() && status.st_dev != device_) {
      return Error{Fault::machine, "`" + where(name) + "` is another file system, left as it is", "unmount it first"};
    }
    // Without write and search permission nothing in it can be removed.
    if ((status.st_mode & S_IRWXU) != S_IRWXU) (void)::fchmod(folder.get(), S_IRWXU);
    PENSTOCK_TRY(std::vector<FolderEntry> entries, list_folder(folder.get()));
    levels_.push_back({status.st_dev, status.st_ino, name, std::move(entries)});
    here_ = std::move(folder);
    return success();
  }

  Result<> ascend() {
    const std::string name = std::move(levels_.back().name);
    levels_.pop_back();
    if (levels_.empty()) {
      here_.reset();
      return success();
    }
    UniqueFd above(::openat(here_.get(), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat status {};
    if (!above || ::fstat(above.get(), &status) != 0) return system_error("can't leave `" + where(name) + "`", errno);
    if (status.st_dev != levels_.back().device || status.st_ino != levels_.back().inode) {
      return Error{Fault::machine, "`" + where(name) + "` was moved while it was removed", ""};
    }
    here_ = std::move(above);
    if (::unlinkat(here_.get(), name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) note(name, errno);
    return success();
  }

  /// Makes a folder of ours that has no permission bits readable, without ever following a link.
  static void open_up(int from, const std::string& name) {
    UniqueFd handle(::openat(from, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (handle) (void)::chmod(("/proc/self/fd/" + std::to_string(handle.get())).c_str(), S_IRWXU);
  }

  void note(const std::string& name, int number) {
    if (!first_error_) first_error_ = system_error("can't remove `" + where(name) + "`", number);
  }

  [[nodiscard]] std::string where(const std::string& name) const {
    std::filesystem::path place;
    for (const Level& level : levels_) place /= level.name;
    if (place.empty()) place = path_;
    return name.empty() || levels_.empty() ? place.native() : (place / name).native();
  }

  const std::filesystem::path path_;
  dev_t device_ = 0;
  std::vector<Level> levels_;
  UniqueFd here_;
  std::optional<Error> first_error_;
};

}  // namespace

Result<> remove_tree(const std::filesystem::path& path) { return Remover(path).remove(); }

}  // namespace penstock::os
