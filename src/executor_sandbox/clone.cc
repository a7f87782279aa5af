#include "executor_sandbox/clone.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace penstock::sandbox {
namespace {

pid_t clone_with(unsigned long flags) {
  clone_args arguments{};
  arguments.flags = flags;
  arguments.exit_signal = SIGCHLD;
  return static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
}

constexpr int kFirstKept = STDERR_FILENO + 1;

}  // namespace

pid_t clone_room(Rung rung, bool network) {
  unsigned long flags = 0;
  if (rung != Rung::copy) flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC;
  if (!network) flags |= CLONE_NEWNET;
  const pid_t pid = clone_with(flags);
  if (pid == 0) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  return pid;
}

pid_t clone_plain() { return clone_with(0); }

int keep_one_descriptor(int fd) {
  const int kept = ::dup3(fd, kFirstKept, O_CLOEXEC);
  if (kept < 0) ::fcntl(fd, F_SETFD, FD_CLOEXEC);  // it has the number already
  ::close_range(kFirstKept + 1, ~0U, 0);
  return kFirstKept;
}

void keep_two_descriptors(int& first, int& second) {
  const int low = ::fcntl(first, F_DUPFD_CLOEXEC, kFirstKept + 2);
  const int high = ::fcntl(second, F_DUPFD_CLOEXEC, kFirstKept + 2);
  ::dup3(low, kFirstKept, O_CLOEXEC);
  ::dup3(high, kFirstKept + 1, O_CLOEXEC);
  ::close_range(kFirstKept + 2, ~0U, 0);
  const int null = ::open("/dev/null", O_RDWR);
  for (int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, stream);
  if (null > STDERR_FILENO) ::close(null);
  first = kFirstKept;
  second = kFirstKept + 1;
}

}  // namespace penstock::sandbox
