#pragma once

#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "hosts/host_shell.h"

namespace penstock {

class EnvironmentHost;

/// Runs a command of the user's in the environment's folder, with these variables. With RELEASE among them, in that
/// release's folder and with its programs first on the PATH. Its standard output, or an Error (Fault::job) with its
/// exit status and last lines.
Result<std::string> run_command(EnvironmentHost& host, const std::string& command,
                                const std::vector<std::pair<std::string, std::string>>& variables);

/// The same of a person's command, which is attended (Target::attend).
Result<int> attend_command(EnvironmentHost& host, const std::string& command,
                           const std::vector<std::pair<std::string, std::string>>& variables, std::stop_token stop,
                           const PrintedTo& printed);

/// Whether anybody listens on a port of the host.
Result<bool> port_listens(EnvironmentHost& host, int port);

}  // namespace penstock
