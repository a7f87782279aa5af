#include "executor_sandbox/climb.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "executor_sandbox/clone.h"
#include "executor_sandbox/furnish.h"
#include "os/files.h"
#include "os/unique_fd.h"

namespace penstock::sandbox {
namespace {

/// What was tried last and its errno; 0 when all went well.
struct Trial {
  std::string step;
  int error = 0;
};

int write_file(const char* path, const std::string& text) {
  os::UniqueFd file(::open(path, O_WRONLY | O_CLOEXEC));
  if (!file || ::write(file.get(), text.data(), text.size()) < 0) return errno;
  return 0;
}

int own_mounts() {
  // What the machine mounts later comes in, what is mounted here stays here.
  return ::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) == 0 ? 0 : errno;
}

Trial enter_root() {
  if (::geteuid() != 0) return {"be root", EPERM};
  if (::unshare(CLONE_NEWNS) != 0) return {"make a mount namespace", errno};
  return {"take over the mounts", own_mounts()};
}

Trial enter_user_namespace() {
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return {"make a user namespace", errno};
  write_file("/proc/self/setgroups", "deny");
  int error = write_file("/proc/self/uid_map", std::to_string(user) + " " + std::to_string(user) + " 1");
  if (error != 0) return {"map the user", error};
  error = write_file("/proc/self/gid_map", std::to_string(group) + " " + std::to_string(group) + " 1");
  if (error != 0) return {"map the group", error};
  return {"take over the mounts", own_mounts()};
}

/// Mounts a real overlay in real namespaces, as a room will.
Trial try_room(const std::string& rooms, Rung rung) {
  const std::string base = rooms + "/trial";
  for (const char* part : {"", "/lower", "/upper", "/work", "/at"}) {
    if (::mkdir((base + part).c_str(), 0755) != 0 && errno != EEXIST) return {"make a folder", errno};
  }
  const pid_t pid = clone_room(rung, true);
  if (pid < 0) return {"make a PID namespace", errno};
  if (pid == 0) {
    ::_exit(mount_overlay({base + "/lower"}, base + "/upper", base + "/work", base + "/at", rung));
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  (void)os::remove_tree(base).ok();
  return {"mount an overlay", WIFEXITED(status) ? WEXITSTATUS(status) : EIO};
}

Trial climb_to(Rung rung, const std::string& rooms) {
  Trial trial = rung == Rung::root ? enter_root() : enter_user_namespace();
  return trial.error == 0 ? try_room(rooms, rung) : trial;
}

/// A user namespace that can't mount is no place to stay: the trial is a child's.
Trial rehearse(const std::string& rooms) {
  struct Answer {
    int error = EIO;
    char step[64] = "make a user namespace";
  } answer;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {"make a pipe", errno};
  os::UniqueFd reader(ends[0]);
  os::UniqueFd writer(ends[1]);
  const pid_t pid = clone_plain();
  if (pid < 0) return {"start a process", errno};
  if (pid == 0) {
    const Trial trial = climb_to(Rung::user_namespace, rooms);
    answer.error = trial.error;
    trial.step.copy(answer.step, sizeof answer.step - 1);
    answer.step[std::min(trial.step.size(), sizeof answer.step - 1)] = '\0';
    ::_exit(::write(writer.get(), &answer, sizeof answer) == sizeof answer ? 0 : 1);
  }
  writer.reset();
  (void)!::read(reader.get(), &answer, sizeof answer);
  ::waitpid(pid, nullptr, 0);
  return {answer.step, answer.error};
}

}  // namespace

ProbeReport climb(const std::string& rooms, std::optional<Rung> forced) {
  ProbeReport report;
  if (forced.value_or(Rung::root) <= Rung::root) {
    const Trial trial = climb_to(Rung::root, rooms);
    report.rung = Rung::root;
    if (trial.error == 0) return report;
    report.refused.push_back(explain(Rung::root, trial.step, trial.error));
  }
  if (forced.value_or(Rung::root) <= Rung::user_namespace) {
    const Trial trial = rehearse(rooms);
    report.rung = Rung::user_namespace;
    if (trial.error == 0 && enter_user_namespace().error == 0) return report;
    report.refused.push_back(explain(Rung::user_namespace, trial.step, trial.error));
  }
  report.rung = Rung::copy;
  return report;
}

}  // namespace penstock::sandbox
