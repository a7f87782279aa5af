#include "coordinator/lower.h"

#include <utility>

namespace penstock {
namespace {

void append(Variables& variables, const Variables& more) {
  variables.insert(variables.end(), more.begin(), more.end());
}

/// GitLab's persisted variables: those that only an attempt knows, never seen by the compiler.
void append_numbers(Variables& variables, const LowerRequest& request) {
  const std::string run = std::to_string(request.header.id);
  const auto add = [&](const char* name, std::string value) { variables.push_back({name, std::move(value), true}); };
  add("CI_PIPELINE_ID", run);
  add("CI_PIPELINE_IID", run);
  add("CI_PIPELINE_CREATED_AT", to_iso8601(request.header.created_at));
  add("CI_JOB_ID", std::to_string(request.attempt_id));
  add("CI_JOB_URL", request.address);
}

}  // namespace

JobOutput output_of(std::string job, const JobResult& result) {
  JobOutput output;
  output.job = std::move(job);
  for (const KeptArtifact& artifact : result.artifacts) {
    if (artifact.kind == "archive") output.archives.push_back(artifact.tree);
  }
  output.dotenv = result.dotenv;
  return output;
}

JobSpec lower(const LowerRequest& request) {
  const Job& job = request.job;
  const RunFacts& facts = request.header.facts;
  JobSpec spec;
  spec.run = request.header.id;
  spec.id = request.attempt_id;
  spec.job = job.name;
  spec.stage = job.stage;
  spec.attempt = request.attempt;
  spec.dialect = request.plan.dialect;
  spec.repository = facts.repository;
  spec.commit = facts.commit;
  spec.ref = facts.ref;
  spec.worktree_layer = facts.worktree_layer;

  spec.variables.reserve(request.plan.variables.size() + job.variables.size() + 8);
  append(spec.variables, request.plan.variables);
  append_numbers(spec.variables, request);
  append(spec.variables, job.variables);
  for (const JobOutput* input : request.inputs) append(spec.variables, input->dotenv);
  append(spec.variables, request.plan.pipeline_variables);

  spec.steps = job.steps;
  spec.after_steps = job.after_steps;
  if (job.timeout) spec.timeout = *job.timeout;
  spec.image = job.image;
  spec.services = job.services;
  for (const JobOutput* input : request.inputs) {
    for (const Digest& tree : input->archives) spec.inputs.push_back({input->job, tree});
  }
  spec.caches = job.caches;
  spec.artifacts = job.artifacts;
  spec.coverage = job.coverage;
  spec.unmet = job.unmet;
  spec.environment = job.environment;
  spec.rollout = job.rollout;
  spec.trigger = job.trigger;
  return spec;
}

}  // namespace penstock
