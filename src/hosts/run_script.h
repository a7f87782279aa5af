#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "hosts/host_shell.h"

namespace penstock {

/// How the command line of a script is started: `program` and the command as its last argument.
struct ScriptStart {
  std::vector<std::string> program;
  std::optional<os::Environment> environment;
};

/// What came of a script. `reached`: it really began, whatever became of it then.
struct ScriptRun {
  bool reached = false;
  os::RunResult result;
};
Result<ScriptRun> run_script(const ScriptStart& start, const HostScript& script);

/// What came of a script that was attended (HostShell::attend).
struct AttendedScript {
  bool reached = false;
  std::string errors;                    ///< The program's messages where it never began.
  std::optional<os::ExitStatus> status;  ///< Nothing where it was stopped.
};
Result<AttendedScript> attend_script(const ScriptStart& start, const HostScript& script, std::stop_token stop,
                                     const PrintedTo& printed);

}  // namespace penstock
