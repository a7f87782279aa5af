#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/actor.h"
#include "base/time.h"
#include "plan/job_outcome.h"
#include "plan/plan.h"

namespace penstock {

/// What can happen to a run. Each is stored in a frozen, versioned form (engine/json.h) before anybody acts on what
/// follows from it.
namespace event {

/// The run begins: everything that may start becomes pending.
struct Started {
  friend bool operator==(const Started&, const Started&) = default;
};
/// A slot was free and the job takes it. Only a pending job can.
struct JobStarted {
  std::string job;
  friend bool operator==(const JobStarted&, const JobStarted&) = default;
};
/// The attempt that runs has ended. (Or the next one of a pending job, numbered one more, ended before it could begin.)
struct JobFinished {
  std::string job;
  int attempt = 0;
  JobOutcome outcome;
  friend bool operator==(const JobFinished&, const JobFinished&) = default;
};
/// The driver that ran this attempt is gone; nobody knows how far it came. The job goes again by itself, unless it has
/// an environment or a manual gate (half a deployment must not be repeated silently) or was lost twice already: then it
/// fails.
struct JobLost {
  std::string job;
  int attempt = 0;
  friend bool operator==(const JobLost&, const JobLost&) = default;
};
/// The attempt that runs has let go: what it watches, a pipeline of its own, waits for a person, a time or another run.
/// ResourceGranted brings the job back once that pipeline has ended.
struct JobParked {
  std::string job;
  int attempt = 0;
  std::string why;  ///< `run 7 waits for a person`.
  friend bool operator==(const JobParked&, const JobParked&) = default;
};
/// The clock: delayed jobs that are due by now may start.
struct TimeReached {
  friend bool operator==(const TimeReached&, const TimeReached&) = default;
};
/// A person opened a manual job (`ci approve`, `ci play`) or lets a delayed one start at once.
struct Approved {
  std::string job;
  Actor by;
  std::string message;
  friend bool operator==(const Approved&, const Approved&) = default;
};
/// A person refused the gate: the job fails with EndReason::rejected.
struct Rejected {
  std::string job;
  Actor by;
  std::string message;
  friend bool operator==(const Rejected&, const Rejected&) = default;
};
/// A person wants the run (`job` empty) or one job cancelled.
struct CancelRequested {
  std::string job;
  Actor by;
  friend bool operator==(const CancelRequested&, const CancelRequested&) = default;
};
/// A person wants a job again (a new attempt), or with `job` empty all that failed or were cancelled.
struct RetryRequested {
  std::string job;
  Actor by;
  friend bool operator==(const RetryRequested&, const RetryRequested&) = default;
};
/// The arbiter's answer to command::RequestResource; or what a parked job watches has ended.
struct ResourceGranted {
  std::string job;
  friend bool operator==(const ResourceGranted&, const ResourceGranted&) = default;
};
/// Jobs join a run that is under way (child pipelines, computed matrices, scripted stages). Their stages must exist or
/// are appended.
struct JobsAdded {
  std::vector<std::string> stages;
  std::vector<Job> jobs;
  friend bool operator==(const JobsAdded&, const JobsAdded&) = default;
};

}  // namespace event

struct Event {
  Instant at;
  std::variant<event::Started, event::JobStarted, event::JobFinished, event::JobLost, event::TimeReached,
               event::Approved, event::Rejected, event::CancelRequested, event::RetryRequested, event::ResourceGranted,
               event::JobsAdded, event::JobParked>
      what;
  friend bool operator==(const Event&, const Event&) = default;
};

}  // namespace penstock
