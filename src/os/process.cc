#include "os/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "os/errors.h"
#include "os/machine.h"

namespace penstock::os {
namespace {

struct Attributes {
  posix_spawnattr_t raw{};
  Attributes() { posix_spawnattr_init(&raw); }
  ~Attributes() { posix_spawnattr_destroy(&raw); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
};

struct Actions {
  posix_spawn_file_actions_t raw{};
  Actions() { posix_spawn_file_actions_init(&raw); }
  ~Actions() { posix_spawn_file_actions_destroy(&raw); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
};

/// Our descriptors may have the numbers that the child needs for others: those move out of the way first.
class FdPlan {
 public:
  explicit FdPlan(int highest_target) : highest_(highest_target) {}

  /// `fd` of ours becomes `target` in the child.
  Result<> add(int fd, int target) {
    if (fd <= highest_ && fd != target) {
      UniqueFd lifted(::fcntl(fd, F_DUPFD_CLOEXEC, highest_ + 1));
      if (!lifted) return system_error("can't duplicate a descriptor", errno);
      fd = lifted.get();
      lifted_.push_back(std::move(lifted));
    }
    moves_.emplace_back(fd, target);
    return success();
  }

  void write_into(posix_spawn_file_actions_t* actions) const {
    for (auto [fd, target] : moves_) posix_spawn_file_actions_adddup2(actions, fd, target);
    // Whoever started us may have left descriptors open that aren't close-on-exec.
    for (int fd = STDERR_FILENO + 1; fd < highest_; ++fd) {
      if (!is_target(fd)) posix_spawn_file_actions_addclose(actions, fd);
    }
    posix_spawn_file_actions_addclosefrom_np(actions, highest_ + 1);
  }

 private:
  [[nodiscard]] bool is_target(int fd) const {
    return std::any_of(moves_.begin(), moves_.end(), [fd](const auto& move) { return move.second == fd; });
  }

  int highest_;
  std::vector<std::pair<int, int>> moves_;
  std::vector<UniqueFd> lifted_;
};

/// Opens what stream `target` of the child leads to; keeps the child's end in `theirs` until it is started.
Result<> connect(Stream stream, int target, FdPlan& plan, UniqueFd& ours, std::vector<UniqueFd>& theirs) {
  if (stream == Stream::inherit) return success();
  const bool input = target == STDIN_FILENO;
  UniqueFd end;
  if (stream == Stream::null) {
    end.reset(::open("/dev/null", (input ? O_RDONLY : O_WRONLY) | O_CLOEXEC));
    if (!end) return system_error("can't open /dev/null", errno);
  } else {
    int pair[2];
    if (::pipe2(pair, O_CLOEXEC) != 0) return system_error("can't make a pipe", errno);
    end.reset(pair[input ? 0 : 1]);
    ours.reset(pair[input ? 1 : 0]);
  }
  PENSTOCK_CHECK(plan.add(end.get(), target));
  theirs.push_back(std::move(end));
  return success();
}

void prepare_signals(posix_spawnattr_t* attributes, bool own_group) {
  short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(attributes, &none);
  sigset_t all;
  sigfillset(&all);
  posix_spawnattr_setsigdefault(attributes, &all);
  if (own_group) {
    flags |= POSIX_SPAWN_SETPGROUP;
    posix_spawnattr_setpgroup(attributes, 0);
  }
  posix_spawnattr_setflags(attributes, flags);
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

Result<std::filesystem::path> program_for(const std::string& name, const ProcessOptions& options) {
  std::optional<std::filesystem::path> found;
  if (name.find('/') != std::string::npos) return std::filesystem::path(name);
  if (options.environment) {
    auto path = options.environment->find("PATH");
    found = find_program(name, path == options.environment->end() ? "/usr/local/bin:/usr/bin:/bin" : path->second);
  } else {
    found = find_program(name);
  }
  if (!found) return Error{Fault::machine, "`" + name + "` is not on the PATH", "install it, or mend the PATH"};
  return *found;
}

}  // namespace

std::string to_words(const ExitStatus& status) {
  if (status.signal == 0) return "exit status " + std::to_string(status.code);
  const char* name = ::sigabbrev_np(status.signal);
  return "killed by " + (name == nullptr ? "signal " + std::to_string(status.signal) : "SIG" + std::string(name));
}

Result<Process> Process::start(const std::vector<std::string>& arguments, const ProcessOptions& options) {
  if (arguments.empty()) return Error{Fault::internal, "a process without a program", ""};
  PENSTOCK_TRY(const std::filesystem::path program, program_for(arguments.front(), options));
  int highest = STDERR_FILENO;
  for (auto [fd, target] : options.pass) highest = std::max(highest, target);

  Process process;
  FdPlan plan(highest);
  std::vector<UniqueFd> theirs;
  PENSTOCK_CHECK(connect(options.input, STDIN_FILENO, plan, process.input, theirs));
  PENSTOCK_CHECK(connect(options.output, STDOUT_FILENO, plan, process.output, theirs));
  PENSTOCK_CHECK(connect(options.errors, STDERR_FILENO, plan, process.errors, theirs));
  for (auto [fd, target] : options.pass) PENSTOCK_CHECK(plan.add(fd, target));

  Attributes attributes;
  prepare_signals(&attributes.raw, options.own_group);
  Actions actions;
  plan.write_into(&actions.raw);
  if (!options.folder.empty()) posix_spawn_file_actions_addchdir_np(&actions.raw, options.folder.c_str());

  std::vector<std::string> variables;
  for (const auto& [name, value] : options.environment ? *options.environment : Environment{}) {
    variables.push_back(name + "=" + value);
  }
  const std::vector<char*> argv = pointers_to(arguments);
  const std::vector<char*> envp = pointers_to(variables);
  pid_t pid = -1;
  const int problem = ::posix_spawn(&pid, program.c_str(), &actions.raw, &attributes.raw, argv.data(),
                                    options.environment ? envp.data() : ::environ);
  if (problem != 0) return system_error("can't start `" + arguments.front() + "`", problem);
  process.pid_ = pid;
  process.own_group_ = options.own_group;
  // The process isn't reaped before wait(), so the number can't have been given to another one.
  process.pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process.pidfd_) return system_error("can't watch `" + arguments.front() + "`", errno);
  return process;
}

Process::Process(Process&& other) noexcept
    : input(std::move(other.input)),
      output(std::move(other.output)),
      errors(std::move(other.errors)),
      pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      own_group_(other.own_group_),
      status_(other.status_) {}

Process& Process::operator=(Process&& other) noexcept {
  if (this == &other) return *this;
  end();
  input = std::move(other.input);
  output = std::move(other.output);
  errors = std::move(other.errors);
  pid_ = std::exchange(other.pid_, -1);
  pidfd_ = std::move(other.pidfd_);
  own_group_ = other.own_group_;
  status_ = other.status_;
  return *this;
}

Process::~Process() { end(); }

void Process::end() noexcept {
  if (!running()) return;
  kill(SIGKILL);
  (void)wait();
}

void Process::kill(int signal) {
  if (!running()) return;
  if (own_group_) {
    ::kill(-pid_, signal);
  } else {
    ::kill(pid_, signal);
  }
}

Result<ExitStatus> Process::wait() {
  if (!running()) return status_;
  int raw = 0;
  rusage used{};
  while (::wait4(pid_, &raw, 0, &used) < 0) {
    if (errno == EINTR) continue;
    pid_ = -1;
    return system_error("can't wait for a process", errno);
  }
  pid_ = -1;
  status_.code = WIFEXITED(raw) ? WEXITSTATUS(raw) : 0;
  status_.signal = WIFSIGNALED(raw) ? WTERMSIG(raw) : 0;
  auto time = [](const timeval& value) {
    return std::chrono::seconds(value.tv_sec) + std::chrono::microseconds(value.tv_usec);
  };
  status_.cpu_time = time(used.ru_utime) + time(used.ru_stime);
  status_.peak_memory = static_cast<size_t>(used.ru_maxrss) * 1024;
  return status_;
}

Result<std::optional<ExitStatus>> Process::wait_for(Duration timeout) {
  if (running()) {
    pollfd ended{pidfd_.get(), POLLIN, 0};
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    for (;;) {
      auto left = std::chrono::ceil<Duration>(deadline - std::chrono::steady_clock::now());
      int ready = ::poll(&ended, 1, static_cast<int>(std::clamp<int64_t>(left.count(), 0, 1 << 30)));
      if (ready > 0) break;
      if (ready == 0) return std::optional<ExitStatus>();
      if (errno != EINTR) return system_error("can't wait for a process", errno);
    }
  }
  PENSTOCK_TRY(ExitStatus status, wait());
  return std::optional<ExitStatus>(status);
}

}  // namespace penstock::os
