#pragma once

#include <string>

namespace penstock {

/// The last `count` lines of a text, without the line ends after them.
std::string last_lines(const std::string& text, int count);

}  // namespace penstock
