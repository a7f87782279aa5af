#pragma once

#include <string>

#include "base/result.h"
#include "cli/project.h"
#include "cli/world.h"

namespace penstock {

/// Whether the name means an environment: one that HEAD declares, or that something was done to.
bool is_environment(Project& project, const World& world, const std::string& name);

/// Whether a rollout to the environment has not ended.
Result<bool> has_open_rollout(Project& project, const std::string& environment);

/// `ci why ENVIRONMENT`: what each rollout there waits for, and what else would hold one up.
Result<int> why_environment(Project& project, const World& world, const std::string& name, bool json);

}  // namespace penstock
