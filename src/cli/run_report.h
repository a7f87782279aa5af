#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/failure_report.h"
#include "cli/project.h"

namespace penstock {

/// `release · app @ 3f9c2e1 "Add checkout" (main)`.
std::string title_of(const RunHeader& record);

/// The jobs of a run that failed where that is not allowed, in the order in which they ended.
Result<std::vector<Failure>> failures_of(Project& project, const StoredRun& run, const JobResults& results);

/// "production was not reached: test failed.": which stages a failure kept from running; empty where it kept none.
std::string not_reached(const Run& run);

/// What this person would do next: open a gate, or let `ci watch` wait for a delayed job. Empty where there is nothing.
std::string next_step(const Run& run, Instant now);

}  // namespace penstock
