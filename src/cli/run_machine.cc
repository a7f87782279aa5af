#include "cli/run_machine.h"

#include <signal.h>

#include <future>
#include <map>
#include <mutex>
#include <utility>

#include "blobs/blob_store.h"
#include "cli/layer_sources.h"
#include "coordinator/poll_waiter.h"
#include "dispatch_local/local_dispatcher.h"
#include "executor_sandbox/clean_environment.h"
#include "executor_sandbox/sandbox_executor.h"
#include "os/clock.h"
#include "os/machine.h"
#include "os/signals.h"
#include "runner/runner.h"

namespace penstock {
namespace {

constexpr Duration kTick{100};

/// How long each job took in the newest run of the same pipeline that passed it.
std::map<std::string, Duration> earlier_durations(Project& project, const RunHeader& record) {
  constexpr size_t kRuns = 10;
  std::map<std::string, Duration> durations;
  const auto records = project.store().list(kRuns, record.id);
  if (!records) return durations;
  for (const RunHeader& older : *records) {
    if (older.facts.pipeline != record.facts.pipeline || older.summary.status != Status::success) continue;
    const auto attempts = project.store().attempts(older.id);
    if (!attempts) break;
    for (const AttemptRecord& attempt : *attempts) {
      if (attempt.result) durations[attempt.job] = attempt.result->ended_at - attempt.result->started_at;
    }
    break;
  }
  return durations;
}

}  // namespace

struct RunMachine::State {
  State(Project& p, const World& w, Options o) : project(p), world(w), options(std::move(o)) {}

  Project& project;
  const World& world;
  Options options;
  int slots = 1;
  std::unique_ptr<LayerSources> sources;
  std::unique_ptr<SandboxExecutor> executor;
  std::unique_ptr<BlobStore> blobs;
  std::unique_ptr<Runner> runner;
  int interrupted_by = 0;
};

RunMachine::RunMachine(std::unique_ptr<State> state) : state_(std::move(state)) {}
RunMachine::~RunMachine() = default;

Result<std::unique_ptr<RunMachine>> RunMachine::make(Project& project, const World& world, Options options) {
  auto state = std::make_unique<State>(project, world, std::move(options));
  state->slots = state->options.slots > 0 ? state->options.slots : static_cast<int>(os::processor_count());
  PENSTOCK_TRY(state->sources, LayerSources::make(project.repository));
  SandboxOptions sandbox;
  sandbox.state_folder = state->sources->folder();
  sandbox.sources = [sources = state->sources.get()](const JobSpec& spec) { return sources->of(spec); };
  sandbox.caller = state->options.job_environment;
  for (const auto& [name, value] : state->options.job_environment) sandbox.pass.push_back(name);  // it is clean already
  sandbox.network = !state->options.no_network;
  sandbox.strict = state->options.strict;
  PENSTOCK_TRY(state->executor, SandboxExecutor::make(std::move(sandbox)));
  PENSTOCK_TRY(state->blobs, project.open_blobs());
  state->runner = std::make_unique<Runner>(*state->executor, *state->blobs, world.clock);
  return std::unique_ptr<RunMachine>(new RunMachine(std::move(state)));
}

void RunMachine::prepare_sources(const std::string& commit, bool worktree) { state_->sources->prepare(commit, worktree); }
int RunMachine::slots() const { return state_->slots; }
SandboxExecutor& RunMachine::executor() { return *state_->executor; }
int RunMachine::interrupted_by() const { return state_->interrupted_by; }

Result<DriveEnd> RunMachine::drive(DrivableRun run, const Actor& who) {
  const World& world = state_->world;
  RunDisplay::Parts parts{world.outputs, world.clock, static_cast<size_t>(state_->slots), {}, {}};
  if (world.outputs.err.is_terminal) parts.earlier = earlier_durations(state_->project, run.stored.header);
  const std::unique_ptr<RunDisplay> display = RunDisplay::make(std::move(parts));
  PENSTOCK_TRY(JobResults known, results_of(state_->project, run.stored));
  display->know_results(std::move(known));

  PENSTOCK_TRY(os::SignalQueue signals, os::SignalQueue::open({SIGINT, SIGTERM, SIGWINCH}));
  LocalDispatcherOptions dispatch;
  dispatch.slots = state_->slots;
  dispatch.secret = [secrets = run.context.secrets](std::string_view name) -> Result<std::string> {
    const auto found = secrets.find(std::string(name));
    if (found != secrets.end()) return found->second;
    return Error{Fault::user, "the secret `" + std::string(name) + "` was not given to this run", "start the run with --secret " + std::string(name)};
  };
  dispatch.output = [&display](int64_t attempt, std::string_view piece) { display->output(attempt, piece); };
  SqliteStore& store = state_->project.store();
  LocalDispatcher dispatcher(*state_->runner, *state_->blobs, *state_->project.records.logs, store, world.clock, std::move(dispatch));
  display->ask_last_lines([&dispatcher](int64_t attempt) { return dispatcher.last_line(attempt); });

  PollWaiter waiter(world.clock);
  Coordinator coordinator({store, *state_->project.records.leases, *state_->project.records.logs, dispatcher, waiter, world.clock, *display});
  state_->interrupted_by = 0;
  waiter.watch(signals.fd(), [&] {
    while (const auto signal = signals.next()) {
      if (*signal == SIGWINCH) {
        display->resized();
      } else if (std::exchange(state_->interrupted_by, *signal) == 0) {
        display->notice("canceling: the jobs that run are asked to stop (once more: kill)");
        coordinator.cancel(who);
      } else {
        coordinator.kill(who);
      }
    }
  });
  if (world.outputs.err.is_terminal) waiter.every(kTick, [&display] { display->tick(); });
  Result<DriveEnd> end = coordinator.drive(std::move(run.stored), true);
  display->finish();
  return end;
}

Result<Actor> local_actor(const Project& project) {
  PENSTOCK_TRY(const std::optional<std::string> name, project.repository.config_value("user.name"));
  PENSTOCK_TRY(const std::optional<std::string> email, project.repository.config_value("user.email"));
  Actor actor;
  actor.name = name.value_or("");
  actor.email = email.value_or("");
  if (actor.name.empty()) actor.name = os::current_user().name;
  return actor;
}

}  // namespace penstock
