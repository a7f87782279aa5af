#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "engine/status.h"

namespace penstock {

/// What the engine wants done. Each is carried out only after the transition that it came with is durable, and again
/// after a crash, under its idempotency key (the job's name and attempt).
namespace command {

/// Carry out this attempt of the job.
struct StartJob {
  std::string job;
  int attempt = 0;
  friend bool operator==(const StartJob&, const StartJob&) = default;
};
/// Stop the attempt that runs, gracefully: after_script still runs. Its JobFinished is awaited.
struct CancelJob {
  std::string job;
  int attempt = 0;
  friend bool operator==(const CancelJob&, const CancelJob&) = default;
};
/// Tell the run TimeReached at this moment. Replaces nothing: several may be open.
struct WakeAt {
  Instant at;
  friend bool operator==(const WakeAt&, const WakeAt&) = default;
};
/// Tell the arbiter that the job will want its resource group once it may run: oldest_first and newest_first wait for
/// it.
struct AnnounceResource {
  std::string job;
  std::string group;
  friend bool operator==(const AnnounceResource&, const AnnounceResource&) = default;
};
/// Ask the arbiter for the job's resource group; event::ResourceGranted answers.
struct RequestResource {
  std::string job;
  std::string group;
  friend bool operator==(const RequestResource&, const RequestResource&) = default;
};
/// The job no longer needs the group (it ended, was skipped, or waits for a person).
struct ReleaseResource {
  std::string job;
  std::string group;
  friend bool operator==(const ReleaseResource&, const ReleaseResource&) = default;
};
/// The run has come to an end (or to another end, after a retry or a late manual job).
struct RunEnded {
  Status status = Status::success;
  friend bool operator==(const RunEnded&, const RunEnded&) = default;
};

}  // namespace command

using Command = std::variant<command::StartJob, command::CancelJob, command::WakeAt, command::AnnounceResource,
                             command::RequestResource, command::ReleaseResource, command::RunEnded>;

}  // namespace penstock
