#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "executor_sandbox/room_plan.h"
#include "os/unique_fd.h"

namespace penstock::sandbox {

/// Where a shell finds a script that is too long for its command line.
constexpr int kScriptFd = 62;

/// Starts a shell as a child of this process, in a session of its own, with all signals at their defaults. `fds`: its
/// output, then its script where it has one. It starts in the order's directory, else in `project`.
Result<pid_t> start_shell(const ShellOrder& order, const std::vector<os::UniqueFd>& fds, const std::string& project);

}  // namespace penstock::sandbox
