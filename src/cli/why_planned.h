#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "cli/project.h"

namespace penstock {

struct World;

/// Why a job that no run has is part of a pipeline that would start now, or not: `ci why JOB` before the first `ci
/// run`. `unknown` comes back where the pipeline has no such job.
Result<int> why_planned(const Project& project, const World& world, const std::string& name, bool json,
                        const std::optional<Error>& unknown);

}  // namespace penstock
