#include "hosts/run_script.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "hosts/script_line.h"
#include "os/errors.h"
#include "os/files.h"

namespace penstock {
namespace {

std::vector<std::string> arguments_of(const ScriptStart& start, const ScriptLine& line) {
  std::vector<std::string> arguments = start.program;
  arguments.push_back(line.command);
  return arguments;
}

constexpr size_t kErrorsKept = 64 << 10;

/// Passes on what a program prints: of its output what follows the mark, of its errors what comes after that was seen.
class Attending {
 public:
  Attending(os::Process& process, const PrintedTo& printed, AttendedScript& outcome)
      : process_(process), printed_(printed), outcome_(outcome) {}

  /// Until it has ended and nobody can print any more. False: it was stopped.
  Result<bool> hold(const std::stop_token& stop, Duration grace) {
    int wake[2];
    if (::pipe2(wake, O_CLOEXEC | O_NONBLOCK) != 0) return os::system_error("can't make a pipe", errno);
    const os::UniqueFd wake_end(wake[0]);
    const os::UniqueFd wake_start(wake[1]);
    const std::stop_callback on_stop(stop, [&] { (void)!::write(wake_start.get(), "", 1); });
    std::optional<std::chrono::steady_clock::time_point> deadline;
    bool ended = false;
    while (process_.output || !ended) {
      if (stop.stop_requested() && !deadline) {
        deadline = std::chrono::steady_clock::now() + grace;
        process_.input.reset();
      }
      const auto left =
          deadline ? std::chrono::ceil<Duration>(*deadline - std::chrono::steady_clock::now()) : Duration(-1);
      if (deadline && left <= Duration(0)) return false;
      pollfd ends[4] = {{process_.output.get(), POLLIN, 0},
                        {process_.errors.get(), POLLIN, 0},
                        {ended ? -1 : process_.pidfd(), POLLIN, 0},
                        {deadline ? -1 : wake_end.get(), POLLIN, 0}};
      if (::poll(ends, 4, static_cast<int>(left.count())) < 0 && errno != EINTR)
        return os::system_error("can't wait for output", errno);
      if (ends[0].revents != 0) read_from(process_.output, false);
      if (ends[1].revents != 0) read_from(process_.errors, true);
      ended = ended || ends[2].revents != 0;
    }
    if (process_.errors) (void)::fcntl(process_.errors.get(), F_SETFL, O_NONBLOCK);
    while (process_.errors) read_from(process_.errors, true);
    return true;
  }

 private:
  /// One read; at its end, or where nothing is there, that stream is done with.
  void read_from(os::UniqueFd& end, bool on_errors) {
    const ssize_t got = ::read(end.get(), buffer_, sizeof buffer_);
    if (got < 0 && errno == EINTR) return;
    if (got <= 0) return end.reset();
    const std::string_view piece(buffer_, static_cast<size_t>(got));
    if (outcome_.reached) return printed_(piece, on_errors);
    std::string& text = on_errors ? outcome_.errors : before_mark_;
    if (text.size() < kErrorsKept) text += piece;
    const size_t mark = before_mark_.find(kOutputMark);
    if (on_errors || mark == std::string::npos) return;
    outcome_.reached = true;
    const std::string_view rest = std::string_view(before_mark_).substr(mark + kOutputMark.size());
    if (!rest.empty()) printed_(rest, false);
  }

  os::Process& process_;
  const PrintedTo& printed_;
  AttendedScript& outcome_;
  std::string before_mark_;
  char buffer_[65536];
};

}  // namespace

Result<ScriptRun> run_script(const ScriptStart& start, const HostScript& script) {
  ScriptLine line = script_line(script);
  os::RunOptions options;
  options.environment = start.environment;
  options.input = std::move(line.input);
  options.more_input = script.more_input;
  options.output_limit = script.output_limit;
  options.timeout = script.timeout;
  options.own_group = true;  // Ctrl-C is for us: what is under way at a host isn't cut off in the middle
  ScriptRun run;
  PENSTOCK_TRY(run.result, os::run(arguments_of(start, line), options));
  const size_t mark = run.result.output.find(kOutputMark);
  run.reached = mark != std::string::npos;
  if (run.reached) run.result.output.erase(0, mark + kOutputMark.size());
  return run;
}

Result<AttendedScript> attend_script(const ScriptStart& start, const HostScript& script, std::stop_token stop,
                                     const PrintedTo& printed) {
  const ScriptLine sent = script_line(script);
  os::ProcessOptions options;
  options.environment = start.environment;
  options.input = options.output = options.errors = os::Stream::pipe;
  options.own_group = true;
  PENSTOCK_TRY(os::Process process, os::Process::start(arguments_of(start, sent), options));
  // Its input stays open from here on: a script can tell by it that its listener is there.
  (void)os::write_all(process.input.get(), sent.input);  // its messages tell why it didn't read
  AttendedScript outcome;
  PENSTOCK_TRY(const bool ended, Attending(process, printed, outcome).hold(stop, script.grace));
  if (ended) {
    PENSTOCK_TRY(outcome.status, process.wait());
  }
  return outcome;
}

}  // namespace penstock
