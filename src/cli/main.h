#pragma once

#include <string>
#include <vector>

namespace penstock {

namespace os {
class Clock;
}

/// `ci` as a whole: reads the command line (without the program's name), carries the command out, returns the exit
/// status.
int run_cli(const std::vector<std::string>& words, const os::Clock& clock);

}  // namespace penstock
