#pragma once

#include <optional>
#include <string_view>

namespace penstock {

/// Statuses of jobs, stages and runs: GitLab's words and meanings.
enum class Status {
  created,               ///< Waits for earlier jobs.
  waiting_for_resource,  ///< May run, but its resource group is taken.
  pending,               ///< May run now; waits for a free slot.
  running,
  canceling,  ///< Told to stop; its after_script may still run.
  manual,     ///< Waits for a person.
  scheduled,  ///< Waits for a time (a delayed job).
  success,
  failed,
  canceled,
  skipped,
};

std::string_view name_of(Status status);
std::optional<Status> status_from_name(std::string_view name);

/// success, failed, canceled or skipped.
bool has_ended(Status status);

}  // namespace penstock
