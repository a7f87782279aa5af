#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "os/process.h"

namespace penstock {

/// A `sh` script for a host. Neither its text nor its arguments are ever on a command line there.
struct HostScript {
  std::string text = {};                              ///< POSIX sh. /usr/sbin and /sbin are on its PATH.
  std::vector<std::string> arguments = {};            ///< $1, $2, …
  std::string input = {};                             ///< Its standard input.
  std::function<std::string_view()> more_input = {};  ///< As in os::RunOptions.
  Duration timeout{std::chrono::seconds(60)};
  /// Of `attend`: how long it may go on once a stop is asked for, which it sees by the end of its input.
  Duration grace{0};
  size_t output_limit = size_t{64} << 20;
};

/// Told each piece that a script prints, as it comes.
using PrintedTo = std::function<void(std::string_view piece, bool on_errors)>;

/// Where to connect to from this machine: a unix socket where one is named, else 127.0.0.1 and the port.
struct Endpoint {
  std::string socket;
  int port = 0;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// One host, and what can be done there: this machine, or another over ssh. Calls block and may come from many threads
/// at a time. An Error (Fault::machine) says the host's name and why nothing could be run there; a script's own exit
/// status is no Error of `run`.
class HostShell {
 public:
  virtual ~HostShell() = default;

  /// As the environment names it.
  [[nodiscard]] virtual const std::string& host() const = 0;
  virtual Result<os::RunResult> run(const HostScript& script) = 0;
  /// Runs a script and passes on what it prints, from this thread, until it ends or a stop is asked for. It has no time
  /// limit. How it ended; nothing where it was stopped before.
  virtual Result<std::optional<os::ExitStatus>> attend(const HostScript& script, std::stop_token stop,
                                                       const PrintedTo& printed) = 0;
  /// Where this machine reaches what listens on the host's 127.0.0.1 at this port, or on a unix socket there. It stays
  /// until this object goes; asked again, the answer is the same. Nobody need listen yet.
  virtual Result<Endpoint> reach_port(int port) = 0;
  virtual Result<Endpoint> reach_socket(const std::string& path) = 0;
  /// The address that other machines reach the host at.
  virtual Result<std::string> address() = 0;

  /// Runs a script and tells each line of its output as it comes, until the script ends, `line` answers false, or a
  /// stop is asked for. The script has no time limit.
  Result<> follow(const HostScript& script, std::stop_token stop, const std::function<bool(std::string_view)>& line);
  /// As run, and an exit status other than 0 is an Error (Fault::machine) that names the host, `what` was tried, and
  /// the script's last line on standard error. Gives its standard output.
  Result<std::string> must(std::string_view what, const HostScript& script);
  /// The same of a script that was run.
  Result<std::string> outcome(std::string_view what, os::RunResult done);
};

/// The last line that holds anything, of a program's messages.
std::string last_line(std::string_view text);

}  // namespace penstock
