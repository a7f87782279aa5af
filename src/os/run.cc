#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "os/errors.h"
#include "os/files.h"
#include "os/process.h"

namespace penstock::os {
namespace {

/// Feeds a process and reads what it prints, until both its outputs are at their end.
class Conversation {
 public:
  Conversation(Process& process, const RunOptions& options, RunResult& result)
      : process_(process), options_(options), result_(result), unsent_(options.input) {
    if (options.timeout) deadline_ = std::chrono::steady_clock::now() + *options.timeout;
  }

  Result<> hold() {
    if (process_.input) (void)::fcntl(process_.input.get(), F_SETFL, O_NONBLOCK);
    while (process_.output || process_.errors) {
      if (process_.input && unsent_.empty() && options_.more_input) unsent_ = options_.more_input();
      if (unsent_.empty()) process_.input.reset();
      pollfd ends[3] = {{process_.input ? process_.input.get() : -1, POLLOUT, 0},
                        {process_.output ? process_.output.get() : -1, POLLIN, 0},
                        {process_.errors ? process_.errors.get() : -1, POLLIN, 0}};
      const int ready = ::poll(ends, 3, time_left());
      if (ready < 0 && errno != EINTR) return system_error("can't wait for output", errno);
      if (ready < 0) continue;
      if (ready == 0) return Error{Fault::machine, "took longer than " + penstock::to_words(*options_.timeout), ""};
      if (ends[0].revents != 0) feed();
      if (ends[1].revents != 0) PENSTOCK_CHECK(read_output());
      if (ends[2].revents != 0) PENSTOCK_CHECK(read_errors());
    }
    return success();
  }

 private:
  [[nodiscard]] int time_left() const {
    if (!deadline_) return -1;
    auto left = std::chrono::ceil<Duration>(*deadline_ - std::chrono::steady_clock::now()).count();
    return static_cast<int>(std::clamp<int64_t>(left, 0, std::numeric_limits<int>::max()));
  }

  void feed() {
    // At most PIPE_BUF at a time: such a write to a pipe that poll calls ready takes all or nothing.
    std::string_view piece = unsent_.substr(0, 4096);
    // A program may stop reading before the end, as `head` does: its business.
    if (write_all(process_.input.get(), piece).ok()) {
      unsent_.remove_prefix(piece.size());
    } else {
      unsent_ = {};
      process_.input.reset();
    }
  }

  Result<> read_output() {
    PENSTOCK_TRY(std::string_view piece, read_piece(process_.output));
    if (result_.output.size() + piece.size() > options_.output_limit) {
      return Error{Fault::machine, "printed more than " + std::to_string(options_.output_limit) + " bytes", ""};
    }
    result_.output += piece;
    return success();
  }

  Result<> read_errors() {
    PENSTOCK_TRY(std::string_view piece, read_piece(process_.errors));
    result_.errors += piece.substr(0, options_.errors_limit - std::min(options_.errors_limit, result_.errors.size()));
    return success();
  }

  Result<std::string_view> read_piece(UniqueFd& from) {
    ssize_t got = 0;
    do {
      got = ::read(from.get(), buffer_, sizeof buffer_);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return system_error("can't read output", errno);
    if (got == 0) from.reset();
    return std::string_view(buffer_, static_cast<size_t>(got));
  }

  Process& process_;
  const RunOptions& options_;
  RunResult& result_;
  std::string_view unsent_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  char buffer_[65536];
};

Error about(const std::string& program, Error error) {
  error.message = "`" + program + "`: " + error.message;
  return error;
}

}  // namespace

Result<RunResult> run(const std::vector<std::string>& arguments, const RunOptions& options) {
  ProcessOptions how;
  how.environment = options.environment;
  how.folder = options.folder;
  how.input = options.input.empty() && !options.more_input ? Stream::null : Stream::pipe;
  how.own_group = options.own_group;
  how.output = Stream::pipe;
  how.errors = Stream::pipe;
  PENSTOCK_TRY(Process process, Process::start(arguments, how));
  RunResult result;
  if (Result<> held = Conversation(process, options, result).hold(); !held.ok()) {
    return about(arguments.front(), held.error());
  }
  // A program may close its outputs and live on.
  Duration left = options.timeout.value_or(Duration(std::numeric_limits<int>::max()));
  PENSTOCK_TRY(std::optional<ExitStatus> status, process.wait_for(left));
  if (!status) return about(arguments.front(), {Fault::machine, "took longer than " + penstock::to_words(left), ""});
  result.status = *status;
  return result;
}

}  // namespace penstock::os
