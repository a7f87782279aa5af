#pragma once

#include <optional>
#include <string>

#include "plan/end_reason.h"

namespace penstock {

/// How an attempt of a job ended, as far as retries and later jobs depend on it. (JobResult in protocol/ has all the
/// rest.)
struct JobOutcome {
  EndReason reason = EndReason::passed;
  std::optional<int> exit_code;  ///< Of the command that failed.
  std::string detail;  ///< A sentence for a person: the command that failed, the signal, the file system that is full.

  friend bool operator==(const JobOutcome&, const JobOutcome&) = default;
};

}  // namespace penstock
