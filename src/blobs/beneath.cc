#include "blobs/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace penstock {
namespace {

/// For kernels (before 5.6) and system call filters without openat2: component by component, following no link at all.
os::UniqueFd walk_beneath(int root, const std::string& path, int flags, mode_t mode) {
  os::UniqueFd folder(::openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  size_t begin = 0;
  while (folder) {
    const size_t end = path.find('/', begin);
    const std::string name = path.substr(begin, end == std::string::npos ? end : end - begin);
    if (name == ".." || (name.empty() && begin == 0)) {
      errno = EXDEV;
      return {};
    }
    if (end == std::string::npos) {
      return os::UniqueFd(
          ::openat(folder.get(), name.empty() ? "." : name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode));
    }
    if (!name.empty())
      folder.reset(::openat(folder.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    begin = end + 1;
  }
  return {};
}

}  // namespace

os::UniqueFd open_beneath(int root, const std::string& path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (int attempt = 0; attempt < 100; ++attempt) {
    const long fd = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
    if (fd >= 0) return os::UniqueFd(static_cast<int>(fd));
    if (errno == ENOSYS || errno == EPERM) return walk_beneath(root, path, flags, mode);
    // EAGAIN: somebody renamed or mounted something meanwhile, so the kernel could not be sure.
    if (errno != EAGAIN && errno != EINTR) break;
  }
  return {};
}

bool leads_out(int number) { return number == EXDEV || number == ELOOP; }

}  // namespace penstock
