#include <string>
#include <string_view>
#include <utility>

#include "base/json_writer.h"
#include "plan/json.h"
#include "plan/json_reader.h"
#include "protocol/json.h"
#include "protocol/stored_values.h"

namespace penstock {
namespace {

using json_reading::Json;
using json_reading::Members;

/// What the spec shares with a job of the plan, so that both have one JSON form.
Job job_part(const JobSpec& spec) {
  Job job;
  job.name = spec.job;
  job.stage = spec.stage;
  job.timeout = spec.timeout;
  job.variables = spec.variables;
  job.steps = spec.steps;
  job.after_steps = spec.after_steps;
  job.image = spec.image;
  job.services = spec.services;
  job.caches = spec.caches;
  job.artifacts = spec.artifacts;
  job.coverage = spec.coverage;
  job.unmet = spec.unmet;
  job.environment = spec.environment;
  job.rollout = spec.rollout;
  job.trigger = spec.trigger;
  return job;
}

void take_job_part(Job job, JobSpec& spec) {
  spec.job = std::move(job.name);
  spec.stage = std::move(job.stage);
  if (job.timeout) spec.timeout = *job.timeout;
  spec.variables = std::move(job.variables);
  spec.steps = std::move(job.steps);
  spec.after_steps = std::move(job.after_steps);
  spec.image = std::move(job.image);
  spec.services = std::move(job.services);
  spec.caches = std::move(job.caches);
  spec.artifacts = std::move(job.artifacts);
  spec.coverage = std::move(job.coverage);
  spec.unmet = std::move(job.unmet);
  spec.environment = std::move(job.environment);
  spec.rollout = std::move(job.rollout);
  spec.trigger = std::move(job.trigger);
}

}  // namespace

void read_json(const Json& json, ArtifactInput& input) {
  Members members(json);
  members.required("job", input.job);
  members.with("tree", [&](const Json& tree) { read_json(tree, input.tree); });
}

std::string to_json(const JobSpec& spec) {
  std::string output;
  JsonWriter json(output);
  json.begin_object().member("run", spec.run).member("id", spec.id).member("attempt", spec.attempt);
  json.member("dialect", spec.dialect).member("repository", spec.repository).member("commit", spec.commit);
  json.optional("ref", spec.ref).optional("worktree_layer", spec.worktree_layer);
  json.member("after_timeout_ms", spec.after_timeout);
  if (!spec.inputs.empty()) {
    json.key("inputs").begin_array();
    for (const ArtifactInput& input : spec.inputs) {
      json.begin_object().member("job", input.job).member("tree", to_hex(input.tree)).end_object();
    }
    json.end_array();
  }
  json.key("job").raw(to_json(job_part(spec))).end_object();
  return output;
}

Result<JobSpec> job_spec_from_json(std::string_view text) {
  return json_reading::parse_stored(text, "job spec", [](const Json& json) {
    JobSpec spec;
    Members members(json);
    members.required("run", spec.run);
    members.required("id", spec.id);
    members.optional("attempt", spec.attempt);
    members.optional("dialect", spec.dialect);
    members.required("repository", spec.repository);
    members.required("commit", spec.commit);
    members.optional("ref", spec.ref);
    members.optional("worktree_layer", spec.worktree_layer);
    members.optional("after_timeout_ms", spec.after_timeout);
    members.optional("inputs", spec.inputs);
    Job job;
    members.required("job", job);
    take_job_part(std::move(job), spec);
    return spec;
  });
}

}  // namespace penstock
