#pragma once

#include <cstddef>
#include <string>
#include <vector>

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

/// What people have said of the release that a run's job is to deploy, in lines; none where nobody is asked.
Result<std::vector<std::string>> approvals_of_job(Project& project, const World& world, const StoredRun& run,
                                                  size_t job);

}  // namespace penstock
