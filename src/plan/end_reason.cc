#include "plan/end_reason.h"

#include <array>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace penstock {
namespace {

struct Entry {
  EndReason reason;
  std::string_view name;
  std::string_view sentence;
  Fault fault;
  std::string_view retry_word;  ///< GitLab's name of it; empty where a retry makes no sense.
};

constexpr std::array kEntries = {
    Entry{EndReason::passed, "passed", "it passed", Fault::job, ""},
    Entry{EndReason::script_failure, "script_failure", "a command of the job failed", Fault::job, "script_failure"},
    Entry{EndReason::job_execution_timeout, "job_execution_timeout", "it ran longer than its timeout allows",
          Fault::job, "job_execution_timeout"},
    Entry{EndReason::canceled, "canceled", "it was canceled", Fault::user, ""},
    Entry{EndReason::rejected, "rejected", "its gate was refused", Fault::user, ""},
    Entry{EndReason::missing_dependency, "missing_dependency", "artifacts that it needs are missing", Fault::user,
          "missing_dependency_failure"},
    Entry{EndReason::artifacts_failure, "artifacts_failure", "its artifacts could not be kept", Fault::job,
          "data_integrity_failure"},
    Entry{EndReason::runner_system_failure, "runner_system_failure", "the machine failed, not the job", Fault::machine,
          "runner_system_failure"},
    Entry{EndReason::out_of_memory, "out_of_memory", "the machine ran out of memory and killed it", Fault::machine,
          "runner_system_failure"},
    Entry{EndReason::disk_full, "disk_full", "the disk is full", Fault::machine, "runner_system_failure"},
    Entry{EndReason::interrupted, "interrupted", "ci itself ended while it ran", Fault::machine,
          "runner_system_failure"},
    Entry{EndReason::runner_unsupported, "runner_unsupported", "it needs what this machine does not have", Fault::user,
          "runner_unsupported"},
    Entry{EndReason::unmet_prerequisites, "unmet_prerequisites", "something that it can't do without is missing",
          Fault::user, "unmet_prerequisites"},
    Entry{EndReason::rollout_failed, "rollout_failed", "its release is not live", Fault::job,
          "script_failure"},
    Entry{EndReason::child_failed, "child_failed", "the pipeline that it started failed", Fault::job, ""},
};

constexpr bool entries_are_in_order() {
  for (size_t i = 0; i < kEntries.size(); ++i)
    if (static_cast<size_t>(kEntries[i].reason) != i) return false;
  return true;
}
static_assert(entries_are_in_order());

const Entry& entry_of(EndReason reason) { return kEntries[static_cast<size_t>(reason)]; }

}  // namespace

std::string_view name_of(EndReason reason) { return entry_of(reason).name; }

std::optional<EndReason> end_reason_from_name(std::string_view name) {
  for (const Entry& entry : kEntries)
    if (entry.name == name) return entry.reason;
  return std::nullopt;
}

std::string_view sentence_of(EndReason reason) { return entry_of(reason).sentence; }

Fault fault_of(EndReason reason) { return entry_of(reason).fault; }

bool retry_word_matches(std::string_view word, EndReason reason) {
  const std::string_view own = entry_of(reason).retry_word;
  if (own.empty()) return false;
  if (word == "always" || word == own) return true;
  // `stuck_or_timeout_failure` is GitLab's older word for a job that ran too long or found no runner;
  // `runner_interrupted` its word for a runner that was told to go.
  return (word == "stuck_or_timeout_failure" && reason == EndReason::job_execution_timeout) ||
         (word == "runner_interrupted" && reason == EndReason::interrupted);
}

}  // namespace penstock
