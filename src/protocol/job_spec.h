#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/time.h"
#include "plan/plan.h"

namespace penstock {

/// Kept files of an earlier job that this one gets.
struct ArtifactInput {
  std::string job;
  Digest tree;  ///< The manifest in the blob store (blobs/tree.h).

  friend bool operator==(const ArtifactInput&, const ArtifactInput&) = default;
};

/// All that a runner must know to carry out one attempt of a job: self-contained plain data, no secret in it (those are
/// named only; the JobSource hands them over).
struct JobSpec {
  int64_t run = 0;
  int64_t id = 0;  ///< CI_JOB_ID: unique in the project, a new one each attempt.
  std::string job;
  std::string stage;
  int attempt = 1;
  std::string dialect;

  std::string
      repository;      ///< The repository's top-level folder on this machine; the job sees its copy at this very path.
  std::string commit;  ///< Full object name.
  std::string ref;     ///< Branch or tag that HEAD points at in the job's `.git`; empty: detached.
  std::string worktree_layer;  ///< With `--worktree`: the layer that holds what isn't committed; else empty.

  Variables variables;  ///< All of them in order of precedence, unexpanded; the runner adds those that only it knows.
  std::vector<Step> steps;
  std::vector<Step> after_steps;
  Duration timeout{std::chrono::hours(1)};
  Duration after_timeout{std::chrono::minutes(5)};
  Boxed<Image> image;
  std::vector<Service> services;

  std::vector<ArtifactInput> inputs;
  std::vector<Cache> caches;
  Artifacts artifacts;
  std::string coverage;
  std::string unmet;  ///< Not empty: what it can't have here; it fails with these words.
  Boxed<Environment> environment;
  Boxed<JobRollout> rollout;  ///< Into `environment`, instead of steps.
  Boxed<Trigger> trigger;     ///< A pipeline of its own, instead of steps.

  friend bool operator==(const JobSpec&, const JobSpec&) = default;
};

}  // namespace penstock
