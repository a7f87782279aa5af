#pragma once

#include "base/result.h"
#include "cli/arguments.h"
#include "cli/world.h"

namespace penstock {

/// `ci plan --matrix-of-events`: the pipeline compiled for each event, as a table. Returns the exit status.
Result<int> show_events(const PlanArguments& arguments, const World& world);

}  // namespace penstock
