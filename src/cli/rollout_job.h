#pragma once

#include <functional>
#include <string_view>

#include "base/result.h"
#include "cli/project.h"
#include "cli/world.h"
#include "coordinator/dispatcher.h"
#include "protocol/job_spec.h"

namespace penstock {

class Cancel;

/// Carries out a job that brings a release into an environment: makes the rollout, or joins the one that an earlier
/// attempt of this job made, and drives it to its end. In the calling thread. Lets go of one that waits for a person or
/// for a time before it begins, or that another process drives. A graceful cancel takes the rollout back; a kill leaves
/// it as it stands.
FinishedAttempt run_rollout_job(Project& project, const World& world, const JobSpec& spec, const Cancel& cancel,
                                const std::function<void(std::string_view)>& tell);

}  // namespace penstock
