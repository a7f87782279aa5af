#include "hosts/run_script.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>

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

/// Cuts what a script prints into lines, without what stands before its mark.
class Lines {
 public:
  explicit Lines(const std::function<bool(std::string_view)>& line) : line_(line) {}

  /// False: the listener has enough.
  bool take(std::string_view piece) {
    pending_ += piece;
    if (!begun_) {
      const size_t mark = pending_.find(kOutputMark);
      if (mark == std::string::npos) return true;
      pending_.erase(0, mark + kOutputMark.size());
      begun_ = true;
    }
    size_t from = 0;
    for (size_t end = 0; (end = pending_.find('\n', from)) != std::string::npos; from = end + 1) {
      if (!line_(std::string_view(pending_).substr(from, end - from))) return false;
    }
    pending_.erase(0, from);
    return true;
  }
  void finish() {
    if (begun_ && !pending_.empty()) line_(pending_);
  }
  [[nodiscard]] bool begun() const { return begun_; }

 private:
  const std::function<bool(std::string_view)>& line_;
  std::string pending_;
  bool begun_ = false;
};

constexpr size_t kErrorsKept = 64 << 10;

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

Result<bool> follow_script(const ScriptStart& start, const HostScript& script, std::stop_token stop,
                           const std::function<bool(std::string_view)>& line, std::string& errors) {
  const ScriptLine sent = script_line(script);
  os::ProcessOptions options;
  options.environment = start.environment;
  options.input = options.output = options.errors = os::Stream::pipe;
  options.own_group = true;
  PENSTOCK_TRY(os::Process process, os::Process::start(arguments_of(start, sent), options));
  PENSTOCK_CHECK(os::write_all(process.input.get(), sent.input));
  int wake[2];
  if (::pipe2(wake, O_CLOEXEC | O_NONBLOCK) != 0) return os::system_error("can't make a pipe", errno);
  const os::UniqueFd wake_end(wake[0]);
  const os::UniqueFd wake_start(wake[1]);
  const std::stop_callback on_stop(stop, [&] { (void)!::write(wake_start.get(), "", 1); });

  Lines lines(line);
  char buffer[65536];
  // Its input stays open: a script can tell by it that its listener is there.
  while (!stop.stop_requested() && process.output) {
    pollfd ends[3] = {{process.output.get(), POLLIN, 0},
                      {process.errors ? process.errors.get() : -1, POLLIN, 0},
                      {wake_end.get(), POLLIN, 0}};
    if (::poll(ends, 3, -1) < 0 && errno != EINTR) return os::system_error("can't wait for output", errno);
    if (ends[0].revents != 0) {
      const ssize_t got = ::read(process.output.get(), buffer, sizeof buffer);
      if (got <= 0) process.output.reset();
      if (got > 0 && !lines.take({buffer, static_cast<size_t>(got)})) return true;
    }
    if (ends[1].revents != 0) {
      const ssize_t got = ::read(process.errors.get(), buffer, sizeof buffer);
      if (got <= 0) process.errors.reset();
      if (got > 0 && errors.size() < kErrorsKept) errors.append(buffer, static_cast<size_t>(got));
    }
  }
  if (!process.output) lines.finish();
  return lines.begun() || stop.stop_requested();
}

}  // namespace penstock
