#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"

namespace penstock {

/// The last lines of a log that grows; empty where there is none. Looks at its last 64 KiB.
Result<std::string> last_log(const std::filesystem::path& path, int lines);
/// Tells the last lines, then each further one, until `line` answers false or a stop is asked for.
Result<> follow_log(const std::filesystem::path& path, std::stop_token stop,
                    const std::function<bool(std::string_view)>& line);

}  // namespace penstock
