#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "hosts/host_shell.h"

namespace penstock {

/// HAProxy's runtime API: commands on its socket, answered and closed. Errors hold the bare reason.
Result<std::string> ask_runtime(const Endpoint& socket, const std::string& commands, Duration timeout);
/// The same for commands that answer nothing where they are obeyed; what is answered is an Error.
Result<> tell_runtime(const Endpoint& socket, const std::vector<std::string>& commands, Duration timeout);
/// The same from the host itself, in a script with kTalk: `tell_runtime SOCKET` sends the lines of its input, which
/// `runtime_lines` gives. Status 127 as talk's.
extern const char* const kTellRuntime;
std::string runtime_lines(const std::vector<std::string>& commands);
/// Sends a command that goes on answering, and tells each line until `line` answers false, the other end closes, or a
/// stop is asked for.
Result<> follow_runtime(const Endpoint& socket, const std::string& command, std::stop_token stop,
                        const std::function<bool(std::string_view)>& line);

}  // namespace penstock
