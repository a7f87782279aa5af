#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "os/environment.h"
#include "os/process.h"

namespace penstock {

/// A command line of the user's on this machine, for `sh`. It leads a process group of its own, so that Ctrl-C for us
/// doesn't end a migration in the middle.
struct UserCommand {
  std::string line;
  os::Environment environment;   ///< Its whole environment.
  std::filesystem::path folder;  ///< Its working directory; ours where empty.
  std::string input;             ///< Its standard input; at most 64 KiB.
  /// Where not empty, both its output streams are appended to this file instead of to the outcome: for one that leaves
  /// something running behind, which a closed pipe would kill.
  std::filesystem::path log_file;
  std::optional<Duration> limit;  ///< Then its whole group is killed: an Error.
  /// Told each piece of both streams as it comes; may be null.
  const std::function<void(std::string_view piece, bool on_errors)>* printed = nullptr;
  std::stop_token stop = {};  ///< Then its whole group gets SIGTERM.
};

struct CommandOutcome {
  os::ExitStatus status;
  std::string output;  ///< Of standard output: its first MiB.
  std::string log;     ///< Of both streams, in order: the last 16 KiB.
};

/// Runs it until its first process ends, whatever that left running. A status other than 0 is no Error.
Result<CommandOutcome> run_user_command(const UserCommand& command);

}  // namespace penstock
