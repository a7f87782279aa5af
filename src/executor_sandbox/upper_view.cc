#include "executor_sandbox/upper_view.h"

#include <sys/stat.h>
#include <sys/xattr.h>

#include <cerrno>

#include <fcntl.h>

#include "os/unique_fd.h"

namespace penstock::sandbox {
namespace {

/// The overlay writes where a renamed folder's other files come from: then nothing here tells of those.
bool is_redirected(int upper, const std::string& folder) {
  const os::UniqueFd fd(::openat(upper, folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return true;
  for (const char* name : {"trusted.overlay.redirect", "user.overlay.redirect"}) {
    if (::fgetxattr(fd.get(), name, nullptr, 0) >= 0 || (errno != ENODATA && errno != EOPNOTSUPP)) return true;
  }
  return false;
}

}  // namespace

UpperView::Folder UpperView::look_at(const std::string& folder) {
  if (const auto known = folders_.find(folder); known != folders_.end()) return known->second;
  const size_t slash = folder.rfind('/');
  Folder state = slash == std::string::npos ? Folder::written_in : look_at(folder.substr(0, slash));
  if (state == Folder::written_in) {
    struct stat status {};
    if (::fstatat(upper_, folder.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      state = errno == ENOENT ? Folder::untouched : Folder::from_elsewhere;
    } else if (!S_ISDIR(status.st_mode) || is_redirected(upper_, folder)) {
      state = Folder::from_elsewhere;
    }
  }
  folders_.emplace(folder, state);
  return state;
}

bool UpperView::is_untouched(const std::string& path) {
  const size_t slash = path.rfind('/');
  const Folder around = slash == std::string::npos ? Folder::written_in : look_at(path.substr(0, slash));
  if (around != Folder::written_in) return around == Folder::untouched;
  struct stat status {};
  return ::fstatat(upper_, path.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
}

}  // namespace penstock::sandbox
