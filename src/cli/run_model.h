#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "cli/run_view.h"
#include "cli/stage_facts.h"
#include "engine/run.h"

namespace penstock {

/// What the live view knows besides the engine's state.
struct LiveFacts {
  std::map<size_t, std::string> last_lines;  ///< By job index: the last line of the log of jobs that run.
  std::map<std::string, Duration> earlier;   ///< By job name: how long it took in the last run that passed.
  std::map<size_t, std::string> waits;       ///< By job index: what it waits for outside of its run (JobWaits).
  size_t slots = 0;                          ///< `-j`
};

/// The run as it is now, ready to be drawn: stages in order, with their jobs, facts and times. `now` is for what still
/// runs.
RunView view_of(const Run& run, const JobResults& results, const LiveFacts& live, Instant now);

/// Indices of each stage's jobs, stages in the plan's order.
std::vector<std::pair<std::string, std::vector<size_t>>> jobs_by_stage(const Run& run);

}  // namespace penstock
