#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "engine/status.h"

namespace penstock {

/// What the engine wants done. Each is carried out only after the transition that it came with is durable, and again after a crash, under
/// its idempotency key (the job's name and attempt).
namespace command {

/// Carry out this attempt of the job.
struct StartJob {
  std::string job;
  int attempt = 0;
};
/// Stop the attempt that runs, gracefully: after_script still runs. Its JobFinished is awaited.
struct CancelJob {
  std::string job;
  int attempt = 0;
};
/// Tell the run TimeReached at this moment. Replaces nothing: several may be open.
struct WakeAt {
  Instant at;
};
/// Ask the arbiter for the job's resource group; event::ResourceGranted answers.
struct RequestResource {
  std::string job;
  std::string group;
};
/// The job no longer needs the group (it ended, or was cancelled while it waited).
struct ReleaseResource {
  std::string job;
  std::string group;
};
/// The run has come to an end (or to another end, after a retry or a late manual job).
struct RunEnded {
  Status status = Status::success;
};

}  // namespace command

using Command = std::variant<command::StartJob, command::CancelJob, command::WakeAt, command::RequestResource, command::ReleaseResource,
                             command::RunEnded>;

}  // namespace penstock
