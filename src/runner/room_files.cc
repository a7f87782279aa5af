#include "runner/room_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/text_width.h"
#include "blobs/beneath.h"
#include "os/errors.h"
#include "os/files.h"

namespace penstock {
namespace {

constexpr int kReadFlags = O_RDONLY | O_NONBLOCK | O_NOCTTY;

Result<os::UniqueFd> open_regular(int root, const std::string& path, uint64_t limit) {
  const std::string what = "can't read `" + printable(path) + "`";
  os::UniqueFd fd = open_beneath(root, path, kReadFlags);
  if (!fd && leads_out(errno)) return Error{Fault::user, what + ": it leads out of the project", ""};
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) return os::system_error(what, errno);
  if (!S_ISREG(status.st_mode)) return Error{Fault::user, what + ": it is not a regular file", ""};
  if (static_cast<uint64_t>(status.st_size) > limit) {
    return Error{Fault::user, what + ": it is larger than " + std::to_string(limit >> 20) + " MiB", ""};
  }
  return fd;
}

}  // namespace

PieceSource pieces_of(int root, std::string path, uint64_t limit) {
  return
      [root, path = std::move(path), limit](const std::function<Result<>(std::string_view piece)>& take) -> Result<> {
        PENSTOCK_TRY(const os::UniqueFd fd, open_regular(root, path, limit));
        std::string piece(size_t{64} << 10, '\0');
        for (uint64_t left = limit;;) {
          const ssize_t got = ::read(fd.get(), piece.data(), std::min<uint64_t>(piece.size(), left));
          if (got < 0 && errno == EINTR) continue;
          if (got < 0) return os::system_error("can't read `" + printable(path) + "`", errno);
          if (got == 0) return success();
          left -= static_cast<uint64_t>(got);
          PENSTOCK_CHECK(take({piece.data(), static_cast<size_t>(got)}));
        }
      };
}

Result<std::string> read_beneath(int root, const std::string& path, uint64_t limit) {
  std::string content;
  PENSTOCK_CHECK(pieces_of(root, path, limit)([&](std::string_view piece) -> Result<> {
    content += piece;
    return success();
  }));
  return content;
}

bool exists_beneath(int root, const std::string& path) {
  const os::UniqueFd fd = open_beneath(root, path, O_PATH);
  struct stat status {};
  return fd && ::fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode);
}

Result<> write_private(int root, const std::string& folder, const std::string& name, std::string_view content) {
  const std::string what = "can't write the file variable `" + name + "`";
  if (::mkdirat(root, folder.c_str(), 0700) != 0 && errno != EEXIST) return os::system_error(what, errno);
  const os::UniqueFd parent = open_beneath(root, folder, O_RDONLY | O_DIRECTORY);
  if (!parent) return os::system_error(what, errno);
  const os::UniqueFd fd(
      ::openat(parent.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return os::system_error(what, errno);
  return os::write_all(fd.get(), content);
}

}  // namespace penstock
