#pragma once

namespace penstock {

/// What `ci` ends with. Stable: scripts rely on it; docs/cli.md has the same table.
enum ExitStatus : int {
  kPassed = 0,         ///< Passed, or parked at a gate.
  kFailed = 1,         ///< A job failed, or the answer is no.
  kMistake = 2,        ///< In the pipeline or on the command line.
  kMachine = 3,        ///< The machine or Penstock itself could not do it.
  kInterrupted = 130,  ///< Ctrl-C; 143 after SIGTERM.
};

}  // namespace penstock
