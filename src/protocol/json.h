#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/job_result.h"
#include "protocol/job_spec.h"

namespace penstock {

/// Stable JSON forms. Unknown members are ignored, so that a newer peer can say more; but what the job does (the member
/// `job`, in the form that plan/json.h gives a job) is read strictly: a job is never half understood.
std::string to_json(const JobSpec& spec);
Result<JobSpec> job_spec_from_json(std::string_view text);
std::string to_json(const JobResult& result);
Result<JobResult> job_result_from_json(std::string_view text);

}  // namespace penstock
