#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/arguments.h"
#include "cli/project.h"
#include "cli/resume.h"
#include "cli/world.h"
#include "environments/approvals.h"

namespace penstock {

class DeliveryDesk;
class Ledger;

/// What waits for people's approval stands in the journal of its environment, at the target, and so do their answers:
/// they may be given in any clone that can write there. Whoever waits hears of them from `ci resume` and `ci watch`.

/// What a run's commit declares: read when it is first needed.
using DeclaredOnce = std::optional<EnvironmentsFile>;

/// A job of a run whose gate people open, and what they approve.
struct JobAtGate {
  std::string job;
  EnvironmentSpec spec;
  Release release;
};
/// Nothing where that job is no rollout into an environment that wants approvals.
Result<std::optional<JobAtGate>> gate_with_approvals(DeliveryDesk& desk, const StoredRun& run, size_t job,
                                                     DeclaredOnce& file);

/// Writes what this person says into the environment's journal, and tells them so; how the approvals stand then. An
/// Error where they may not decide.
Result<ApprovalState> answer_ask(Project& project, const World& world, DeliveryDesk& desk, Ledger& ledger,
                                 const std::string& environment, const ApprovalQuestion& question,
                                 const GateArguments& arguments);

/// Asks there for the jobs of a run and its children that wait at the gate of an environment that wants approvals; what
/// they had asked and need no more is withdrawn. Why this person may not approve the first job that waits, and what
/// others do; else empty.
Result<std::string> ask_for_run(Project& project, const World& world, const StoredRun& run);

/// `ci rollout abort ENVIRONMENT` where nothing of this clone is under way: what this person asked there last, from
/// whichever clone, needs no answer. False where they asked nothing.
Result<bool> withdraw_elsewhere(Project& project, const World& world, const std::string& environment,
                                const std::string& why);

/// `ci approve|reject ENVIRONMENT` where nothing of this clone waits: answers what others asked last. Nothing where
/// nobody did.
Result<std::optional<int>> answer_elsewhere(Project& project, const World& world, const GateArguments& arguments);

/// What waited here for people, and has its answer.
struct Answered {
  std::vector<RolloutRecord> rollouts;
  std::vector<int64_t> runs;  ///< Have been told of it.

  [[nodiscard]] bool empty() const { return rollouts.empty() && runs.empty(); }
};
/// Reads the journals of environments that something of this clone waits at, and that nobody drives. One that can't be
/// reached is left out, with a warning.
Result<Answered> hear_answers(Project& project, const World& world);
/// Drives all of them here; the worst exit status.
Result<int> go_on_with(Project& project, const World& world, const Answered& answered, const ResumeOptions& options);

}  // namespace penstock
