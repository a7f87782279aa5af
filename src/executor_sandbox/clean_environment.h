#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "os/environment.h"

namespace penstock::sandbox {

/// Whether a job sees this variable of the caller's without being told to: what a login shell, an ssh agent and package
/// managers behind a company proxy or certificate need.
bool passes_always(std::string_view name);

/// The part of the caller's environment that a job starts from: what always passes, and what `pass` names.
os::Environment clean_environment(const os::Environment& caller, const std::vector<std::string>& pass);

}  // namespace penstock::sandbox
