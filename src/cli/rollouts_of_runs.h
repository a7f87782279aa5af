#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "cli/project.h"
#include "cli/world.h"

namespace penstock {

/// What runs and the rollouts of their jobs owe each other while nobody drives the run: a run is told that the rollout
/// has ended that its job has let go of, and a rollout that waits for a run that has ended ends, too. The runs that
/// have something to do by that.
Result<std::vector<int64_t>> settle_rollouts_of_runs(Project& project, const World& world);

/// The same, and drives that run on where it has something to do and nobody drives it: its exit status, else `status`,
/// also for run 0.
Result<int> go_on_with_run(Project& project, const World& world, int64_t run, int status);

}  // namespace penstock
