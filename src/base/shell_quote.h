#pragma once

#include <string>
#include <string_view>

namespace penstock {

/// The text as one word of a POSIX shell, in single quotes whatever it holds.
std::string single_quoted(std::string_view text);

}  // namespace penstock
