#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/digest.h"
#include "plan/plan.h"
#include "protocol/job_result.h"
#include "protocol/job_spec.h"
#include "store/records.h"

namespace penstock {

/// What a job that has ended hands to later ones.
struct JobOutput {
  std::string job;
  std::vector<Digest> archives;
  Variables dotenv;

  [[nodiscard]] bool empty() const { return archives.empty() && dotenv.empty(); }
};
JobOutput output_of(std::string job, const JobResult& result);

/// One attempt of a job, as numbers and outputs tell it apart from others.
struct LowerRequest {
  const RunHeader& header;
  const Plan& plan;
  const Job& job;
  int attempt = 1;
  int64_t attempt_id = 0;
  std::string address;  ///< Where its log is found: CI_JOB_URL.
  /// Outputs of the jobs that it takes artifacts from, in the plan's order.
  std::vector<const JobOutput*> inputs;
};

/// A job of a plan → what a runner must know. Pure; O(its variables and inputs).
///
/// Variables in GitLab's order of precedence, lowest first (doc/ci/variables): predefined ones of the pipeline and of
/// the job, the job's YAML, dotenv reports of the jobs that it takes artifacts from (later jobs win), and those given
/// by whoever started the pipeline.
JobSpec lower(const LowerRequest& request);

}  // namespace penstock
