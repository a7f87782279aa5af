#pragma once

#include "base/result.h"
#include "cli/arguments.h"
#include "cli/world.h"

namespace penstock {

/// `ci plan --includes`: each entry of `include` in all files of the pipeline, and what became of it, also where the
/// pipeline has mistakes. Returns the exit status.
Result<int> show_includes(const PlanArguments& arguments, const World& world);

}  // namespace penstock
