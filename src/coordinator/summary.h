#pragma once

#include "engine/run.h"
#include "store/records.h"

namespace penstock {

/// The summary after a transition at `now`; `before` is the one that it follows. Where the run goes on it costs
/// nothing; where it parks or ends, it looks through the jobs for the one that a person wants to hear of.
RunSummary summarize(const Run& run, const RunSummary& before, Instant now);

/// Whether the job waits for what it watches (a pipeline, a rollout), rather than for its group: its attempt has begun,
/// and not ended.
bool has_let_go(const JobState& state);

}  // namespace penstock
