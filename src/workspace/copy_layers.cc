// The copy rung: what an overlay of the layers would show, as plain files.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

#include "os/errors.h"
#include "os/files.h"
#include "workspace/copy_file.h"
#include "workspace/layers.h"

namespace penstock::workspace {
namespace {

namespace fs = std::filesystem;

Result<> clear(const os::UniqueFd& target, const std::string& name, const fs::path& path) {
  if (::unlinkat(target.get(), name.c_str(), 0) == 0 || errno == ENOENT) return success();
  if (errno != EISDIR && errno != EPERM) return os::system_error("can't replace `" + path.native() + "`", errno);
  return os::remove_tree(path);
}

bool is_whiteout(const struct stat& status) { return S_ISCHR(status.st_mode) && status.st_rdev == ::makedev(0, 0); }

/// Lays one folder of a layer over what is in `target`.
Result<> lay(const fs::path& layer, const fs::path& target) {
  os::UniqueFd from(::open(layer.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  os::UniqueFd to(::open(target.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!from || !to) return os::system_error("can't copy into `" + target.native() + "`", errno);
  PENSTOCK_TRY(const auto entries, os::list_folder(from.get()));
  for (const os::FolderEntry& entry : entries) {
    struct stat status {};
    if (::fstatat(from.get(), entry.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      return os::system_error("can't look at `" + (layer / entry.name).native() + "`", errno);
    }
    const fs::path place = target / entry.name;
    if (S_ISDIR(status.st_mode)) {
      struct stat there {};
      const bool folder =
          ::fstatat(to.get(), entry.name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(there.st_mode);
      if (!folder) {
        PENSTOCK_CHECK(clear(to, entry.name, place));
        if (::mkdirat(to.get(), entry.name.c_str(), status.st_mode & 07777) != 0) {
          return os::system_error("can't make `" + place.native() + "`", errno);
        }
      }
      PENSTOCK_CHECK(lay(layer / entry.name, place));
      continue;
    }
    PENSTOCK_CHECK(clear(to, entry.name, place));
    if (!is_whiteout(status)) PENSTOCK_CHECK(copy_entry(from.get(), entry.name, to.get(), entry.name));
  }
  return success();
}

/// Nothing is mounted over the places for objects: the list of borrowed ones names where they really are.
Result<> point_at_sources(const Layers& layers, const fs::path& target) {
  for (const Bind& bind : layers.binds) {
    // The place is GIT/shared/NAME, and GIT/objects/info/alternates names it.
    const fs::path shared = bind.target.parent_path();
    if (shared.filename() != "shared") continue;
    const fs::path list = target / shared.parent_path() / "objects/info/alternates";
    const std::string line = (layers.project / bind.target).native() + "\n";
    PENSTOCK_TRY(std::string text, os::read_file(list));
    if (const size_t at = text.find(line); at != std::string::npos)
      text.replace(at, line.size(), bind.source.native() + "\n");
    PENSTOCK_CHECK(os::write_atomically(list, text));
  }
  return success();
}

}  // namespace

Result<> copy_layers(const Layers& layers, const fs::path& target) {
  for (auto layer = layers.lower.rbegin(); layer != layers.lower.rend(); ++layer) PENSTOCK_CHECK(lay(*layer, target));
  return point_at_sources(layers, target);
}

}  // namespace penstock::workspace
