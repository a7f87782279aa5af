#pragma once

#include <string>

#include "base/result.h"
#include "cli/project.h"
#include "dora/history.h"

namespace penstock {

/// The history of an environment, from what is kept of it and the entries that its journal has more, which are read and
/// kept in turn.
Result<DoraHistory> dora_history(Project& project, const std::string& environment);

}  // namespace penstock
