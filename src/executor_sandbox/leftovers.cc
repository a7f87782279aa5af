#include "executor_sandbox/leftovers.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <set>

#include "os/unique_fd.h"

namespace penstock::sandbox {
namespace {

constexpr size_t kLongestCommand = 200;

struct ProcessEntry {
  pid_t parent = 0;
  char state = '?';
};

/// The first bytes of a file in /proc; empty where the process is gone.
std::string read_start(const std::string& path) {
  os::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char buffer[4096];
  ssize_t got = file ? ::read(file.get(), buffer, sizeof buffer) : 0;
  return {buffer, static_cast<size_t>(std::max<ssize_t>(got, 0))};
}

std::map<pid_t, ProcessEntry> all_processes() {
  std::map<pid_t, ProcessEntry> processes;
  DIR* folder = ::opendir("/proc");
  if (folder == nullptr) return processes;
  while (const dirent* entry = ::readdir(folder)) {
    const auto pid = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
    if (pid <= 0) continue;
    const std::string stat = read_start("/proc/" + std::to_string(pid) + "/stat");
    // The name before the state is in brackets and may hold anything, brackets too.
    const size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos || name_end + 4 >= stat.size()) continue;
    processes[pid] = {static_cast<pid_t>(std::strtol(stat.c_str() + name_end + 4, nullptr, 10)), stat[name_end + 2]};
  }
  ::closedir(folder);
  return processes;
}

/// Our own number as /proc counts: it may belong to a PID namespace further out than ours.
pid_t own_number() {
  char target[32] = {};
  if (::readlink("/proc/self", target, sizeof target - 1) <= 0) return ::getpid();
  return static_cast<pid_t>(std::strtol(target, nullptr, 10));
}

std::vector<pid_t> descendants() {
  const std::map<pid_t, ProcessEntry> processes = all_processes();
  std::set<pid_t> family{own_number()};
  std::vector<pid_t> found;
  for (bool grown = true; grown;) {
    grown = false;
    for (const auto& [pid, entry] : processes) {
      if (family.contains(pid) || !family.contains(entry.parent)) continue;
      family.insert(pid);
      grown = true;
      if (entry.state != 'Z' && entry.state != 'X') found.push_back(pid);
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string command_of(pid_t pid) {
  const std::string folder = "/proc/" + std::to_string(pid);
  std::string command = read_start(folder + "/cmdline");
  while (!command.empty() && command.back() == '\0') command.pop_back();
  if (command.empty()) command = read_start(folder + "/comm");
  std::replace_if(
      command.begin(), command.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  while (!command.empty() && command.back() == ' ') command.pop_back();
  if (command.size() > kLongestCommand) command = command.substr(0, kLongestCommand) + "…";
  return command;
}

}  // namespace

std::vector<std::string> descendant_commands() {
  std::vector<std::string> commands;
  for (pid_t pid : descendants()) {
    if (std::string command = command_of(pid); !command.empty()) commands.push_back(std::move(command));
  }
  return commands;
}

void signal_all(Reach reach, int signal) {
  if (reach == Reach::pid_namespace) {
    ::kill(-1, signal);
    return;
  }
  for (pid_t pid : descendants()) ::kill(pid, signal);
}

void Consumption::add(const rusage& used) {
  peak_memory = std::max<int64_t>(peak_memory, used.ru_maxrss * 1024);
  cpu_microseconds +=
      (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1'000'000 + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
}

void end_all(Reach reach, Consumption& used) {
  // What is killed may have forked meanwhile, and by descent an orphan shows up only once its parent is reaped.
  while (has_children(used)) {
    signal_all(reach, SIGKILL);
    rusage one{};
    if ((reach == Reach::pid_namespace || descendants().empty()) && ::wait4(-1, nullptr, 0, &one) > 0) used.add(one);
  }
}

bool has_children(Consumption& used) {
  for (;;) {
    rusage one{};
    const pid_t ended = ::wait4(-1, nullptr, WNOHANG, &one);
    if (ended > 0) used.add(one);
    if (ended == 0 || (ended < 0 && errno != EINTR)) return ended == 0;
  }
}

}  // namespace penstock::sandbox
