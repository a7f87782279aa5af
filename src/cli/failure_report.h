#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "cli/style.h"
#include "protocol/job_result.h"

namespace penstock {

/// A job that failed, with all that its report is drawn from.
struct Failure {
  std::string job;
  JobResult result;
  std::string log_tail;    ///< The end of its log, some KiB of it.
  uint64_t log_lines = 0;  ///< Of the whole log; 0: not counted.
  bool inside = false;     ///< Shown to one who is in its room already: no word on how to step in.
};

/// What a person needs after a failure: the job, the command and its status, the failing tests, the last lines of the
/// log, and what to do next. Lines are cut to `width` cells (0: not cut).
std::string failure_report(const Failure& failure, const Style& style, size_t width);

/// A job's name as it must be written on a command line.
std::string shell_quoted(std::string_view word);

}  // namespace penstock
