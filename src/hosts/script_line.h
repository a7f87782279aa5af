#pragma once

#include <string>
#include <string_view>

#include "hosts/host_shell.h"

namespace penstock {

/// How a script travels: the host's login shell, whichever it is, is given a short command line that reads the script
/// from its standard input, where the script's own input follows.
struct ScriptLine {
  std::string command;  ///< For a login shell, or for `sh -c`.
  std::string input;    ///< The script and its input.
};
ScriptLine script_line(const HostScript& script);

/// What a login shell's own start-up files printed ends here, and the script's output begins.
inline constexpr std::string_view kOutputMark = "\036penstock\n";

}  // namespace penstock
