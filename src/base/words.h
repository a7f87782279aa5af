#pragma once

#include <string>
#include <string_view>

namespace penstock {

/// How a name stands in a sentence: in backticks.
inline std::string quoted(std::string_view name) { return "`" + std::string(name) + "`"; }
// A string finds `std::quoted` too; these two fit it better.
inline std::string quoted(const std::string& name) { return quoted(std::string_view(name)); }
inline std::string quoted(std::string& name) { return quoted(std::string_view(name)); }

}  // namespace penstock
