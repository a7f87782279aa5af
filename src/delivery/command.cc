#include "delivery/command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <limits>

#include "os/errors.h"
#include "os/files.h"

namespace penstock {
namespace {

constexpr size_t kOutputKept = size_t{1} << 20;
constexpr size_t kLogKept = size_t{16} << 10;
constexpr size_t kInputLimit = size_t{64} << 10;  // fits into a pipe that nobody reads yet

/// Reads what a command prints until it ends.
class Listening {
 public:
  Listening(os::Process& process, const UserCommand& command, CommandOutcome& outcome)
      : process_(process), limit_(command.limit), printed_(command.printed), outcome_(outcome) {
    if (limit_) deadline_ = std::chrono::steady_clock::now() + *limit_;
    for (const os::UniqueFd* fd : {&process.output, &process.errors}) {
      if (*fd) (void)::fcntl(fd->get(), F_SETFL, O_NONBLOCK);
    }
  }

  Result<> hold() {
    while (true) {
      pollfd ends[3] = {
          {process_.output.get(), POLLIN, 0}, {process_.errors.get(), POLLIN, 0}, {process_.pidfd(), POLLIN, 0}};
      const int ready = ::poll(ends, 3, time_left());
      if (ready < 0 && errno == EINTR) continue;
      if (ready < 0) return os::system_error("can't wait for a command", errno);
      if (ready == 0) {
        process_.kill(SIGKILL);
        return Error{Fault::job, "took longer than " + to_words(*limit_), ""};
      }
      // What it printed before its end is there already.
      read_from(process_.output, true);
      read_from(process_.errors, false);
      if (ends[2].revents != 0) return success();
    }
  }

 private:
  [[nodiscard]] int time_left() const {
    if (!deadline_) return -1;
    const auto left = std::chrono::ceil<Duration>(*deadline_ - std::chrono::steady_clock::now()).count();
    return static_cast<int>(std::clamp<int64_t>(left, 0, std::numeric_limits<int>::max()));
  }

  void read_from(os::UniqueFd& fd, bool is_output) {
    while (fd) {
      const ssize_t got = ::read(fd.get(), buffer_, sizeof buffer_);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno == EAGAIN) return;
      if (got <= 0) return fd.reset();
      const std::string_view piece(buffer_, static_cast<size_t>(got));
      if (printed_ != nullptr) (*printed_)(piece, !is_output);
      if (is_output) outcome_.output += piece.substr(0, kOutputKept - std::min(kOutputKept, outcome_.output.size()));
      outcome_.log += piece;
      if (outcome_.log.size() > 2 * kLogKept) outcome_.log.erase(0, outcome_.log.size() - kLogKept);
    }
  }

  os::Process& process_;
  std::optional<Duration> limit_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  const std::function<void(std::string_view, bool)>* printed_;
  CommandOutcome& outcome_;
  char buffer_[16384];
};

Result<os::UniqueFd> open_log(const std::filesystem::path& path) {
  os::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!file) return os::system_error("can't open " + path.string(), errno);
  return file;
}

}  // namespace

Result<CommandOutcome> run_user_command(const UserCommand& command) {
  os::ProcessOptions options;
  options.environment = command.environment;
  options.folder = command.folder;
  options.own_group = true;
  options.input = command.input.empty() ? os::Stream::null : os::Stream::pipe;
  os::UniqueFd log;
  if (command.log_file.empty()) {
    options.output = os::Stream::pipe;
    options.errors = os::Stream::pipe;
  } else {
    PENSTOCK_TRY(log, open_log(command.log_file));
    options.pass = {{log.get(), STDOUT_FILENO}, {log.get(), STDERR_FILENO}};
  }
  if (command.input.size() > kInputLimit) return Error{Fault::internal, "a command's input is too long", ""};
  PENSTOCK_TRY(os::Process process, os::Process::start({"/bin/sh", "-c", command.line}, options));
  if (process.input) (void)os::write_all(process.input.get(), command.input);  // not reading it is its business
  process.input.reset();
  CommandOutcome outcome;
  {
    const std::stop_callback on_stop(command.stop, [&] { process.kill(SIGTERM); });
    PENSTOCK_CHECK(Listening(process, command, outcome).hold());
  }
  PENSTOCK_TRY(outcome.status, process.wait());
  if (outcome.log.size() > kLogKept) outcome.log.erase(0, outcome.log.size() - kLogKept);
  return outcome;
}

}  // namespace penstock
