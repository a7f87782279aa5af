#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "cli/project.h"
#include "cli/run_context.h"
#include "cli/run_display.h"
#include "cli/world.h"
#include "coordinator/coordinator.h"
#include "engine/event.h"

namespace penstock {

class Cancel;
class SandboxExecutor;
struct JobSpec;
struct LocalDispatcherOptions;
struct PreparedJob;

/// A run with what it was started with: ready to be driven here.
struct DrivableRun {
  StoredRun stored;
  RunContext context;
};

/// How long a command waits in the foreground for a delayed job, rather than parking the run.
constexpr Duration kNearDue = std::chrono::seconds(30);

/// All the parts that drive runs on this machine, put together: executor, runner, dispatcher, coordinator. One for the
/// life of a command.
class RunMachine {
 public:
  struct Options {
    int slots = 0;                    ///< 0: one a processor.
    os::Environment job_environment;  ///< What jobs see of the machine's environment.
    bool strict = false;
    bool no_network = false;
    Duration waits_for_due = kNearDue;  ///< How long for a delayed job; for one that is due later the run parks.
    bool waits_for_undriven = true;     ///< Patience::undriven
  };

  /// Forks the sandbox's small process: call it before threads start and before secrets are read.
  static Result<std::unique_ptr<RunMachine>> make(Project& project, const World& world, Options options);
  ~RunMachine();

  /// Begins to check this commit out, beside whatever else is to be done.
  void prepare_sources(const RunFacts& facts);
  /// The same for a run that doesn't exist yet: `worktree`: with what isn't committed now.
  void prepare_sources(const std::string& commit, bool worktree);
  /// What RunFacts::worktree_layer is for it. Waits until that layer is there.
  Result<std::string> worktree_layer(const std::string& commit);

  [[nodiscard]] int slots() const;
  [[nodiscard]] SandboxExecutor& executor();

  /// Drives the run to its end, a gate, a later time or a signal, showing it. Ctrl-C and SIGTERM cancel it, the second
  /// time kill it; where only delayed jobs are left, they park it. A rollout whose target doesn't answer then doesn't
  /// hold it up: the process ends, and `ci resume` goes on.
  Result<DriveEnd> drive(DrivableRun run, const Actor& who);

  /// The room of a job for a person who steps in, as Runner::prepare gives it; what it prints on the way goes to
  /// standard error. The machine outlives it.
  Result<PreparedJob> prepare(const JobSpec& spec, const RunContext& context, const Cancel& cancel);

  /// What the last `drive` was interrupted by: SIGINT, SIGTERM, or 0.
  [[nodiscard]] int interrupted_by() const;

 private:
  struct State;
  [[nodiscard]] LocalDispatcherOptions dispatch_options(const RunContext& context);
  void rest() const;
  void leave_stuck_rollouts(RunDisplay& display, std::chrono::nanoseconds killed) const;
  explicit RunMachine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Who acts on this machine: git's configured user, else the login name.
Result<Actor> local_actor(const Project& project);

/// Drives a stored run and reports its end: failures, one line a stage on standard output, one hint. Returns the exit
/// status.
int drive_and_report(RunMachine& machine, Project& project, const World& world, DrivableRun run);

}  // namespace penstock
