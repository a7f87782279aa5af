#include "executor_sandbox/enter_rung.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>

#include "os/unique_fd.h"

namespace penstock::sandbox {
namespace {

int write_file(const char* path, const std::string& text) {
  os::UniqueFd file(::open(path, O_WRONLY | O_CLOEXEC));
  if (!file || ::write(file.get(), text.data(), text.size()) < 0) return errno;
  return 0;
}

Trial enter_user_namespace() {
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return {"make a user namespace", errno};
  write_file("/proc/self/setgroups", "deny");  // before Linux 3.19 there is none
  int error = write_file("/proc/self/uid_map", std::to_string(user) + " " + std::to_string(user) + " 1");
  if (error != 0) return {"map the user", error};
  error = write_file("/proc/self/gid_map", std::to_string(group) + " " + std::to_string(group) + " 1");
  return {"map the group", error};
}

Trial enter_root() {
  if (::geteuid() != 0) return {"be root", EPERM};
  return {"make a mount namespace", ::unshare(CLONE_NEWNS) == 0 ? 0 : errno};
}

}  // namespace

Trial enter_rung(Rung rung) {
  if (rung == Rung::copy) return {};
  Trial trial = rung == Rung::root ? enter_root() : enter_user_namespace();
  if (trial.error != 0) return trial;
  // What the machine mounts later comes in, what is mounted here stays here.
  return {"take over the mounts", ::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) == 0 ? 0 : errno};
}

}  // namespace penstock::sandbox
