#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"

namespace penstock {

/// Why an attempt of a job ended: a closed, versioned vocabulary. Retry rules match on it, so a name never changes its
/// meaning; new ones are added at the end.
enum class EndReason {
  passed,
  script_failure,         ///< A command of the job ended with another status than 0.
  job_execution_timeout,  ///< The job ran longer than it may.
  canceled,               ///< A person or a rule cancelled it.
  rejected,               ///< A person refused the gate.
  missing_dependency,     ///< Artifacts that it needs are gone or were never made.
  artifacts_failure,  ///< Its artifacts could not be kept (a path outside the workspace, a report that is too large,
                      ///< …).
  runner_system_failure,  ///< The machine: the executor could not start it, an I/O error.
  out_of_memory,          ///< The kernel killed it for memory.
  disk_full,              ///< No space left.
  interrupted,            ///< `ci` itself died while it ran.
  runner_unsupported,     ///< Needs what this machine hasn't (with `--strict`: containers).
  unmet_prerequisites,    ///< A secret or another input that it names could not be had.
  rollout_failed,         ///< Its release was not brought to the environment, or was taken back.
  child_failed,           ///< The pipeline that it started failed, or could not be made.
};

/// `script_failure`, … : stable, as stored and as written in JSON.
std::string_view name_of(EndReason reason);
std::optional<EndReason> end_reason_from_name(std::string_view name);
/// One sentence without full stop for a person.
std::string_view sentence_of(EndReason reason);
/// Whose fault it is: Fault::job for the job's command, Fault::machine, …
Fault fault_of(EndReason reason);
/// Whether `retry: when: [word]` means this reason. Words are GitLab's (`always`, `runner_system_failure`,
/// `stuck_or_timeout_failure`, …); ours without a name there (out_of_memory, disk_full, interrupted) count as
/// `runner_system_failure`.
bool retry_word_matches(std::string_view word, EndReason reason);

}  // namespace penstock
