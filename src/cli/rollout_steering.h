#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "cli/arguments.h"
#include "cli/project.h"
#include "cli/world.h"

namespace penstock {

/// `ci approve|reject ENVIRONMENT` for a rollout that waits at its environment's gate: what is said goes to the
/// environment's journal, and the rollout goes on here where nobody drives it. Nothing where no rollout waits there
/// that was asked for after `run`, when the newest run was started that waits there, too.
Result<std::optional<int>> open_rollout_gate(Project& project, const World& world, const GateArguments& arguments,
                                             std::optional<Instant> run);

/// What a person says of a run's job that is a rollout: goes to the journal of its environment, if that asks for
/// approvals. True: enough have agreed (or it was refused), so that the job's gate is to be told. False: more must.
Result<bool> record_approval(Project& project, const World& world, const StoredRun& run, size_t job,
                             const GateArguments& arguments);

/// Rollouts that nobody drives though they wait for neither a person nor a moment, but for those that a run goes on
/// with.
Result<std::vector<RolloutRecord>> unwatched_rollouts(Project& project);

/// Leaves the wish to abort a rollout to its next driver, for who drives it and ends before it may have heard.
void keep_abort(Project& project, int64_t rollout, const Actor& who, const std::string& why);

/// Drives each of them here; the worst exit status.
Result<int> resume_rollouts(Project& project, const World& world, const std::vector<RolloutRecord>& rollouts);

/// Rollouts that have ended, but kept old instances for a time that is over now, and that nobody drives.
Result<std::vector<RolloutRecord>> outdated_rollouts(Project& project, Instant now);

/// Rollouts that `ci watch` drives now: unwatched ones, those whose freeze is over, and outdated ones.
Result<std::vector<RolloutRecord>> due_rollouts(Project& project, Instant now);
/// Those that are due by themselves at some time (RolloutSummary::due_at).
Result<std::vector<RolloutRecord>> timed_rollouts(Project& project);

}  // namespace penstock
