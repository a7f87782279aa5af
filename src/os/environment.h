#pragma once

#include <map>
#include <optional>
#include <string>

namespace penstock::os {

/// Environment variables by name.
using Environment = std::map<std::string, std::string>;

/// A copy of this process's environment.
Environment current_environment();

/// One variable of it. An empty value is a value.
std::optional<std::string> environment_variable(const std::string& name);

}  // namespace penstock::os
