#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/actor.h"
#include "base/result.h"
#include "cli/delivery_desk.h"
#include "cli/project.h"
#include "cli/world.h"
#include "rollout/release.h"

namespace penstock {

/// `ci deploy` in the script of another CI system's job (or of one of ours that is written for both): what it deploys
/// was built by an earlier job of that pipeline, and nobody comes back to its clone.

/// Whether this process is part of such a job, by the variable that all of them set (`CI`).
bool is_in_job(const World& world);

/// Who started that job, by GitLab's and GitHub's variables; else `local`.
Actor starter_of_job(const World& world, Actor local);

/// What lies in the work tree, as a release of HEAD: release_from_files.
Result<Release> release_of_work_tree(const Project& project, BlobStore& blobs, const std::vector<std::string>& places,
                                     const std::string& wanted);

/// Whether the newest run of this clone built HEAD, so that what it kept is what is meant.
Result<bool> has_run_of_head(Project& project);

/// Drives a rollout that waits for people again when they have answered in some clone, which it asks for now and then;
/// its exit status, and `status` where it doesn't wait for people. A signal withdraws it.
Result<int> stay_for_people(Project& project, const World& world, DeliveryDesk& desk, int64_t rollout, int status,
                            const DeliveryDesk::DriveOptions& options);

}  // namespace penstock
