#pragma once

#include <string>

#include "base/result.h"
#include "cli/project.h"
#include "intake/intake.h"
#include "protocol/job_spec.h"

namespace penstock {

/// Compiles the child that a trigger job of `parent` asks for. What `spec` knows when it starts (its own number, what
/// jobs before it have left) is in place of references in what the child gets. An Error: a file that a job should have
/// made isn't there.
Result<Compiled> compile_child_of(Project& project, BlobStore& blobs, const StoredRun& parent, const JobSpec& spec);

}  // namespace penstock
