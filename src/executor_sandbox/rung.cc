#include "executor_sandbox/rung.h"

#include <cerrno>
#include <cstring>

namespace penstock::sandbox {
namespace {

void explain_root(RungRefusal& refusal) {
  if (refusal.error == EPERM) {
    refusal.meaning = "this takes root's capability CAP_SYS_ADMIN";
    refusal.fix = "nothing needs to be done: a user namespace serves as well (in a container: --cap-add SYS_ADMIN)";
  }
}

void explain_user_namespace(RungRefusal& refusal) {
  switch (refusal.error) {
    case EPERM:
    case EACCES:
      refusal.meaning = "this machine lets programs make user namespaces, but not use them (AppArmor or seccomp)";
      refusal.fix =
          "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu 24.04 and later), or an AppArmor "
          "profile for ci with `userns,`; in a container: --security-opt seccomp=unconfined";
      break;
    case ENOSPC:
    case EUSERS:
      refusal.meaning = "no more user namespaces are allowed here";
      refusal.fix = "sudo sysctl -w user.max_user_namespaces=28633";
      break;
    case ENOSYS:
      refusal.meaning = "this kernel has no user namespaces";
      refusal.fix = "a kernel with CONFIG_USER_NS=y";
      break;
    default:
      break;
  }
}

void explain_overlay(RungRefusal& refusal) {
  switch (refusal.error) {
    case ENODEV:
      refusal.meaning = "this kernel has no overlay file system";
      refusal.fix = "sudo modprobe overlay";
      break;
    case EINVAL:
      refusal.meaning =
          "the file system of the layers can't carry an overlay (it may be an overlay, NFS, or an old tmpfs)";
      refusal.fix = "set XDG_CACHE_HOME to a folder on ext4, xfs or btrfs";
      break;
    default:
      break;
  }
}

}  // namespace

std::string_view name_of(Rung rung) {
  switch (rung) {
    case Rung::root:
      return "root";
    case Rung::user_namespace:
      return "user namespace";
    case Rung::copy:
      break;
  }
  return "copy";
}

RungRefusal explain(Rung rung, std::string step, int error) {
  RungRefusal refusal{rung, std::move(step), error, std::string("the kernel says: ") + std::strerror(error), ""};
  if (rung == Rung::root) explain_root(refusal);
  if (rung == Rung::user_namespace) explain_user_namespace(refusal);
  if (refusal.step == "mount an overlay") explain_overlay(refusal);
  return refusal;
}

}  // namespace penstock::sandbox
