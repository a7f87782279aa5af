#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
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

/// As HostShell::follow. False: the script never began; `errors` then has the messages of the program.
Result<bool> follow_script(const ScriptStart& start, const HostScript& script, std::stop_token stop,
                           const std::function<bool(std::string_view)>& line, std::string& errors);

}  // namespace penstock
