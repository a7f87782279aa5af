#include "workspace/overlay_probe.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "os/files.h"

namespace penstock::workspace {
namespace {

namespace fs = std::filesystem;

/// What the child found out, handed over through a pipe.
struct Failure {
  int step = 0;  ///< Index into kSteps.
  int number = 0;
};

constexpr const char* kSteps[] = {"",
                                  "making namespaces",
                                  "mounting an overlay",
                                  "changing a file in an overlay",
                                  "deleting in an overlay",
                                  "replacing a folder in an overlay"};

// Between fork and exit only system calls: another thread of the parent may have held the allocator's lock.

bool write_text(const char* path, const char* text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  const bool written = fd >= 0 && ::write(fd, text, std::strlen(text)) == static_cast<ssize_t>(std::strlen(text));
  if (fd >= 0) ::close(fd);
  return written;
}

bool enter_namespaces(const char* uid_map, const char* gid_map, bool& user_namespace) {
  user_namespace = false;
  if (::geteuid() == 0 && ::unshare(CLONE_NEWNS) == 0)
    return ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  user_namespace = true;
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  return write_text("/proc/self/setgroups", "deny") && write_text("/proc/self/uid_map", uid_map) &&
         write_text("/proc/self/gid_map", gid_map);
}

Failure try_overlay(const char* uid_map, const char* gid_map) {
  bool user_namespace = false;
  if (!enter_namespaces(uid_map, gid_map, user_namespace)) return {1, errno};
  const char* options = user_namespace ? "lowerdir=lower,upperdir=upper,workdir=work,userxattr"
                                       : "lowerdir=lower,upperdir=upper,workdir=work";
  if (::mount("overlay", "merged", "overlay", 0, options) != 0) return {2, errno};
  const int fd = ::open("merged/changed", O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd < 0 || ::write(fd, "x", 1) != 1) return {3, errno};
  ::close(fd);
  if (::unlink("merged/deleted") != 0) return {4, errno};
  if (::unlink("merged/folder/file") != 0 || ::rmdir("merged/folder") != 0) return {4, errno};
  // Needs extended attributes: the new folder must hide the old one.
  if (::mkdir("merged/folder", 0755) != 0) return {5, errno};
  if (::access("merged/folder/file", F_OK) == 0) return {5, EEXIST};
  return {};
}

}  // namespace

std::string probe_overlay(const fs::path& folder) {
  auto place = os::TempFolder::make(folder, "new-probe-");
  if (!place.ok()) return place.error().message;
  for (const char* name : {"lower", "lower/folder", "upper", "work", "merged"}) {
    if (::mkdir((place->path() / name).c_str(), 0755) != 0) return std::strerror(errno);
  }
  for (const char* name : {"lower/changed", "lower/deleted", "lower/folder/file"}) {
    if (auto written = os::write_atomically(place->path() / name, "x"); !written.ok()) return written.error().message;
  }
  char uid_map[32];
  char gid_map[32];
  std::snprintf(uid_map, sizeof uid_map, "0 %u 1", ::geteuid());
  std::snprintf(gid_map, sizeof gid_map, "0 %u 1", ::getegid());
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::strerror(errno);
  os::UniqueFd reader(ends[0]);
  os::UniqueFd writer(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return std::strerror(errno);
  if (child == 0) {
    Failure failure{2, ENOENT};
    if (::chdir(place->path().c_str()) == 0) failure = try_overlay(uid_map, gid_map);
    const bool told = ::write(writer.get(), &failure, sizeof failure) == sizeof failure;
    ::_exit(told ? 0 : 1);
  }
  writer.reset();
  Failure failure;
  const ssize_t got = ::read(reader.get(), &failure, sizeof failure);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (got != sizeof failure) return "the attempt to mount an overlay died";
  if (failure.step == 0) return {};
  return std::string(kSteps[failure.step]) + ": " + std::strerror(failure.number);
}

}  // namespace penstock::workspace
