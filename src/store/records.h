#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/time.h"
#include "engine/event.h"
#include "engine/run.h"
#include "engine/status.h"
#include "protocol/job_result.h"

namespace penstock {

/// The trigger job that a run is a child of.
struct ParentJob {
  int64_t run = 0;  ///< 0: it is nobody's child.
  std::string job;
  bool waits = false;  ///< The job ends as this run does.
  int depth = 0;       ///< 1 for the child of a run that is nobody's child.

  friend bool operator==(const ParentJob&, const ParentJob&) = default;
};

/// What a run is about. Given when it is created, never changed.
struct RunFacts {
  std::string pipeline;               ///< The name that it goes by: `release`, `main`, `.gitlab-ci`.
  std::string source;                 ///< The file that was picked, relative to the repository.
  std::string repository;             ///< The top-level folder on this machine, as the jobs see it.
  std::string commit;                 ///< Full object name.
  std::string ref;                    ///< Branch or tag; empty: detached.
  std::string subject;                ///< First line of the commit's message.
  std::string event;                  ///< GitLab's CI_PIPELINE_SOURCE: `push`, `web`, `schedule`, …
  Actor who;                          ///< Who started it.
  bool worktree = false;              ///< With `--worktree`: what isn't committed is part of it.
  std::string worktree_layer;         ///< Where that lies (JobSpec::worktree_layer); else empty.
  std::vector<std::string> selected;  ///< The jobs that were named on the command line; empty: all.
  ParentJob parent;

  friend bool operator==(const RunFacts&, const RunFacts&) = default;
};

/// Where a run stands, for lists: what `ci list` shows without loading the run.
struct RunSummary {
  Status status = Status::created;
  bool warnings = false;  ///< Some job failed or was cancelled where that is allowed.
  bool parked = false;    ///< Nothing can happen without a person, a later time or another run.
  std::optional<Instant> started_at;
  std::optional<Instant> ended_at;
  std::optional<Instant> due_at;  ///< When a parked run goes on by itself.
  std::string at_stage;           ///< The stage that failed first, or where a gate waits; else empty.
  std::string at_job;             ///< The job that failed first, or that waits for a person; else empty.
  int manual_left = 0;            ///< Manual jobs that nobody has opened yet.

  friend bool operator==(const RunSummary&, const RunSummary&) = default;
};

/// One line of `ci list`. Runs are numbered 1, 2, 3, … in each repository.
struct RunHeader {
  int64_t id = 0;
  int64_t version = 0;  ///< Transitions so far.
  Instant created_at;
  RunFacts facts;
  RunSummary summary;

  friend bool operator==(const RunHeader&, const RunHeader&) = default;
};

/// What a run is created from.
struct NewRun {
  Instant at;
  RunFacts facts;
  std::shared_ptr<const Plan> plan;
  RunOptions options;
  /// What it was started with (`-e`, `--secret`, `--pass`, the caller's environment), sealed by the caller: opaque
  /// here.
  std::string sealed_context;
};

/// A run as it stands, ready to be driven or shown.
struct StoredRun {
  RunHeader header;
  Run run;
  std::string sealed_context;
};

/// One attempt of a job. Its id is CI_JOB_ID: unique in the project, a new one each attempt, rising.
struct AttemptRecord {
  int64_t id = 0;
  int64_t run = 0;
  std::string job;
  int attempt = 0;  ///< From 1.
  Instant started_at;
  std::optional<JobResult> result;  ///< Nothing while it runs, or where its driver died.

  friend bool operator==(const AttemptRecord&, const AttemptRecord&) = default;
};

/// An event that another process (`ci approve`, a grant of the arbiter, …) has left for a run's driver.
struct Posted {
  int64_t id = 0;
  Event event;
};

/// Something done to an environment.
struct EnvironmentRecord {
  std::string environment;
  std::string action;  ///< start, prepare, stop, verify, access.
  int64_t run = 0;
  int64_t attempt_id = 0;  ///< Given by `commit` where 0: the attempt of `job` that the transition ends.
  std::string job;
  std::string commit;
  std::string url;
  Instant at;
  Actor by;  ///< Who opened its gate, else who started the run.
  std::string message;
  bool passed = false;
  std::vector<Digest> artifacts;  ///< The trees that it was given: what is there now.

  friend bool operator==(const EnvironmentRecord&, const EnvironmentRecord&) = default;
};

}  // namespace penstock
