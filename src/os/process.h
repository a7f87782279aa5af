#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "os/environment.h"
#include "os/unique_fd.h"

namespace penstock::os {

/// How a process ended, and what it (with the children that it waited for) used.
struct ExitStatus {
  int code = 0;    ///< Its exit status; 0 where a signal ended it.
  int signal = 0;  ///< The signal that ended it, or 0.
  std::chrono::microseconds cpu_time{0};
  size_t peak_memory = 0;  ///< Largest resident set, in bytes.

  [[nodiscard]] bool ok() const { return code == 0 && signal == 0; }
};

/// "exit status 3" or "killed by SIGTERM".
std::string to_words(const ExitStatus& status);

/// Where one of a child's standard streams leads.
enum class Stream {
  null,     ///< /dev/null
  inherit,  ///< This process's own.
  pipe,     ///< A pipe whose other end the Process holds.
};

struct ProcessOptions {
  std::optional<Environment> environment;  ///< The child's whole environment; this process's own where absent.
  std::filesystem::path folder;            ///< Its working directory; this process's own where empty.
  Stream input = Stream::null;
  Stream output = Stream::inherit;
  Stream errors = Stream::inherit;
  /// Further descriptors: ours → the child's number. They also override the three streams.
  std::vector<std::pair<int, int>> pass;
  bool own_group =
      false;  ///< Makes it the leader of a process group, so that Ctrl-C doesn't reach it and kill_group does.
};

/// A child process. Started without copying this process's memory; all signals are unblocked and at their defaults in
/// it, and it inherits no descriptor but the ones asked for. Destroying one that still runs kills it (its group where
/// it leads one) and waits.
class Process {
 public:
  /// `arguments[0]` is the program: a path where it holds a slash, else it is looked up on the PATH of the child's
  /// environment.
  static Result<Process> start(const std::vector<std::string>& arguments, const ProcessOptions& options);
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Readable (for poll) once the process has ended.
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }
  /// Our ends of the pipes; invalid where no pipe was asked for. Resetting `input` is how the child sees its end.
  UniqueFd input;
  UniqueFd output;
  UniqueFd errors;

  [[nodiscard]] bool running() const { return pid_ > 0; }
  /// Waits for the end. Asked again, it gives the same answer.
  Result<ExitStatus> wait();
  /// As wait, but for so long at most: nothing where it still runs.
  Result<std::optional<ExitStatus>> wait_for(Duration timeout);
  /// Sends a signal to the process, or to its group where it leads one; nothing happens after its end was seen.
  void kill(int signal);

 private:
  Process() = default;
  void end() noexcept;

  pid_t pid_ = -1;
  UniqueFd pidfd_;
  bool own_group_ = false;
  ExitStatus status_;
};

struct RunOptions {
  std::optional<Environment> environment;  ///< As in ProcessOptions.
  std::filesystem::path folder;
  std::string input;  ///< Fed to its standard input.
  /// Asked for more of it when `input` has been fed, until it gives an empty piece; a piece stays valid until the next
  /// call.
  std::function<std::string_view()> more_input;
  bool own_group = false;  ///< As in ProcessOptions; a timeout then ends its children too.
  size_t output_limit =
      size_t{256} << 20;  ///< Bytes of standard output; a program that prints more is killed, an error.
  size_t errors_limit =
      size_t{64} << 10;  ///< Bytes of standard error that are kept (the first ones); the rest is read and dropped.
  std::optional<Duration> timeout;  ///< Killed after that, an error.
};

struct RunResult {
  ExitStatus status;
  std::string output;
  std::string errors;
};

/// Runs a program to its end and captures what it prints. An exit status other than 0 is no Error: `status` tells. No
/// shell is involved.
Result<RunResult> run(const std::vector<std::string>& arguments, const RunOptions& options = {});

}  // namespace penstock::os
