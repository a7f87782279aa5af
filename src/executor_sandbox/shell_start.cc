#include "executor_sandbox/shell_start.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <cerrno>

#include "os/errors.h"

namespace penstock::sandbox {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

void set_streams(posix_spawn_file_actions_t* actions, const ShellOrder& order, const std::vector<os::UniqueFd>& fds) {
  if (!order.terminal.empty()) {
    // The leader of a new session that opens a terminal makes it its own.
    posix_spawn_file_actions_addopen(actions, STDIN_FILENO, order.terminal.c_str(), O_RDWR, 0);
    posix_spawn_file_actions_adddup2(actions, STDIN_FILENO, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(actions, STDIN_FILENO, STDERR_FILENO);
  } else {
    posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(actions, fds[0].get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(actions, fds[0].get(), STDERR_FILENO);
  }
  if (fds.size() > 1) posix_spawn_file_actions_adddup2(actions, fds[1].get(), kScriptFd);
}

void set_attributes(posix_spawnattr_t* attributes) {
  sigset_t all;
  sigset_t none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(attributes, &all);
  posix_spawnattr_setsigmask(attributes, &none);
  posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
}

}  // namespace

Result<pid_t> start_shell(const ShellOrder& order, const std::vector<os::UniqueFd>& fds, const std::string& project) {
  const std::string& directory = order.directory.empty() ? project : order.directory;
  if (::chdir(directory.c_str()) != 0) return os::system_error("can't enter " + directory, errno);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  set_streams(&actions, order, fds);
  set_attributes(&attributes);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, order.program.c_str(), &actions, &attributes, pointers(order.arguments).data(),
                                  pointers(order.environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return os::system_error("can't start " + order.program, error);
  return pid;
}

}  // namespace penstock::sandbox
