#include "executor_sandbox/furnish.h"

#include <fcntl.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "os/errors.h"
#include "os/files.h"
#include "os/unique_fd.h"

namespace penstock::sandbox {
namespace {

/// Overlay's options are separated by commas and its layers by colons.
std::string escaped(const std::string& path) {
  std::string result;
  for (char c : path) {
    if (c == ',' || c == ':' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

int make_read_only(const std::string& at) {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  if (::syscall(SYS_mount_setattr, AT_FDCWD, at.c_str(), 0, &attributes, sizeof attributes) == 0) return 0;
  if (errno != ENOSYS) return errno;
  // Before Linux 5.12: a remount must repeat the flags that it doesn't mean to change.
  struct statvfs status {};
  unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY;
  if (::statvfs(at.c_str(), &status) == 0) flags |= status.f_flag & (MS_NOSUID | MS_NODEV | MS_NOEXEC);
  return ::mount(nullptr, at.c_str(), nullptr, flags, nullptr) == 0 ? 0 : errno;
}

Result<> make_mount_point(const Bind& bind) {
  struct stat status {};
  if (::stat(bind.target.c_str(), &status) == 0) return success();
  const size_t slash = bind.target.rfind('/');
  if (slash != std::string::npos && slash > 0) PENSTOCK_CHECK(os::ensure_folder(bind.target.substr(0, slash)));
  if (::stat(bind.source.c_str(), &status) != 0) return os::system_error("can't look at " + bind.source, errno);
  if (S_ISDIR(status.st_mode)) return os::ensure_folder(bind.target);
  os::UniqueFd file(::open(bind.target.c_str(), O_CREAT | O_RDONLY | O_CLOEXEC, 0644));
  if (!file) return os::system_error("can't make " + bind.target, errno);
  return success();
}

}  // namespace

int mount_overlay(const std::vector<std::string>& lower, const std::string& upper, const std::string& work,
                  const std::string& at, Rung rung) {
  std::string options = "lowerdir=";
  for (size_t i = 0; i < lower.size(); ++i) options += (i > 0 ? ":" : "") + escaped(lower[i]);
  options += ",upperdir=" + escaped(upper) + ",workdir=" + escaped(work);
  // Without redirects a folder of a layer can't be renamed, only copied and removed; a user namespace can't have them.
  options += rung == Rung::root ? ",redirect_dir=on" : ",userxattr";
  if (::mount("overlay", at.c_str(), "overlay", 0, (options + ",volatile").c_str()) == 0) return 0;
  if (errno != EINVAL) return errno;
  return ::mount("overlay", at.c_str(), "overlay", 0, options.c_str()) == 0 ? 0 : errno;  // before Linux 5.10
}

Result<> mount_bind(const Bind& bind) {
  PENSTOCK_CHECK(make_mount_point(bind));
  if (::mount(bind.source.c_str(), bind.target.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0) {
    return os::system_error("can't show " + bind.source + " at " + bind.target, errno);
  }
  const int error = bind.read_only ? make_read_only(bind.target) : 0;
  if (error != 0) return os::system_error("can't make " + bind.target + " read-only", error);
  return success();
}

Result<> furnish(const RoomPlan& plan, const std::string& overlay) {
  PENSTOCK_CHECK(mount_bind({overlay, plan.project, false}));
  for (const Bind& bind : plan.binds) {
    if (!bind.target.starts_with(plan.project + "/")) PENSTOCK_CHECK(mount_bind(bind));
  }
  for (const std::string& place : plan.hidden) {
    if (::mount("tmpfs", place.c_str(), "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV, "size=4k,mode=555") != 0) {
      return os::system_error("can't hide " + place, errno);
    }
  }
  return success();
}

bool mount_own_proc() { return ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0; }

Result<> raise_loopback() {
  os::UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", sizeof request.ifr_name - 1);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (!socket || ::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) {
    return os::system_error("can't bring up the loopback interface", errno);
  }
  return success();
}

}  // namespace penstock::sandbox
