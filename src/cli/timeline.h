#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "cli/project.h"
#include "cli/style.h"
#include "rollout/release.h"

namespace penstock {

struct TimelineLine {
  Instant at;
  std::string text;
};

/// The way of a release from its commit to where it is live, from what was recorded: commit, run, stages, gates,
/// rollouts, incidents. In the order of time.
Result<std::vector<TimelineLine>> timeline_of(Project& project, const Release& release);

/// A line each with its clock time, and the day where it changes.
std::string timeline_text(const std::vector<TimelineLine>& lines, const Style& style);

}  // namespace penstock
