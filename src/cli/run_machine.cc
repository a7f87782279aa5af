#include "cli/run_machine.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <future>
#include <map>
#include <mutex>
#include <utility>

#include "blobs/blob_store.h"
#include "cli/child_runs.h"
#include "cli/failure_report.h"
#include "cli/job_waits.h"
#include "cli/layer_sources.h"
#include "cli/rollout_job.h"
#include "cli/step_in.h"
#include "coordinator/poll_waiter.h"
#include "dispatch_local/local_dispatcher.h"
#include "executor_sandbox/kept_rooms.h"
#include "executor_sandbox/sandbox_executor.h"
#include "os/clock.h"
#include "os/machine.h"
#include "os/signals.h"
#include "runner/cancel.h"
#include "runner/runner.h"
#include "store/content_index.h"

namespace penstock {
namespace {

constexpr Duration kTick{100};
constexpr Duration kPlainTick{1000};                 ///< Where nothing is drawn, and only waits are told of.
constexpr std::chrono::milliseconds kPatience{500};  ///< With rollouts, after a second Ctrl-C.

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

Result<std::string> secret_of(const RunContext& context, std::string_view name) {
  const auto found = context.secrets.find(std::string(name));
  if (found != context.secrets.end()) return found->second;
  return Error{
      Fault::user,
      "the secret `" + std::string(name) + "` was not given to this run, and no provider of secrets is configured here",
      "keep it: ci secrets set " + std::string(name) + ", or start the run with --secret " + std::string(name)};
}

/// Rooms that were kept of jobs that have passed since, or that nobody knows any more.
void drop_rooms_that_served(Project& project, const std::filesystem::path& folder) {
  const sandbox::KeptRooms rooms(folder);
  for (const std::string& name : rooms.names()) {
    int64_t id = 0;
    std::from_chars(name.data(), name.data() + name.size(), id);
    const auto attempt = project.store().attempt(id);
    if (!attempt.ok()) return;
    bool served = !*attempt;
    if (*attempt) {
      const auto last = project.store().last_attempt((*attempt)->run, (*attempt)->job);
      served = last.ok() && *last && (*last)->result && (*last)->result->outcome.reason == EndReason::passed;
    }
    if (served) (void)rooms.drop(name).ok();
  }
}

/// What a job is given whose room is prepared for a person, who sees what it prints.
class PersonPort final : public JobSource, public JobSink {
 public:
  PersonPort(const RunContext& context, CacheIndex& caches, const Output& err)
      : context_(context), caches_(caches), err_(err) {}

  Result<std::string> secret(std::string_view name) override { return secret_of(context_, name); }
  Result<std::optional<Digest>> find_cache(const std::vector<std::string>& keys) override {
    PENSTOCK_TRY(const std::optional<CacheRecord> found, caches_.find_cache(keys));
    return found ? std::optional<Digest>(found->tree) : std::nullopt;
  }
  Result<> log(std::string_view bytes) override {
    err_.write(bytes);
    return success();
  }
  Result<> keep_cache(std::string_view /*key*/, const Digest& /*tree*/) override { return success(); }
  void failed(Room& /*room*/, const JobResult& /*so_far*/, const std::vector<std::string>& /*environment*/) override {}

 private:
  const RunContext& context_;
  CacheIndex& caches_;
  const Output& err_;
};

/// `--pause-on-failure`: one person, one terminal, so one failed job at a time.
class Pause {
 public:
  Pause(Project& project, const World& world, RunDisplay& display)
      : project_(project), world_(world), display_(display) {}

  void on_failed(const JobSpec& spec, Room& room, JobResult so_far, const std::vector<std::string>& environment,
                 const Cancel& cancel) {
    const std::lock_guard lock(mutex_);
    if (cancel.level() != Cancel::Level::none) return;
    display_.suspend();
    so_far.ended_at = world_.clock.now();
    Failure failure{spec.job, std::move(so_far), {}, 0, true};
    if (auto tail = log_tail(project_, spec.run, spec.id, kLogTail); tail.ok()) {
      failure.log_tail = std::move(tail->text);
      failure.log_lines = tail->lines;
    }
    const Output& err = world_.outputs.err;
    err.write(failure_report(failure, err.style, err.width()));
    err.write(err.style.dim("you are in its room: leave it (exit, Ctrl-D) and the run goes on") + "\n");
    const Result<ShellEnd> end = step_in(room, spec.job, environment, world_, cancel);
    if (!end.ok()) world_.outputs.error(end.error());
    display_.resume();
  }

 private:
  static constexpr size_t kLogTail = 4096;

  Project& project_;
  const World& world_;
  RunDisplay& display_;
  std::mutex mutex_;
};

}  // namespace

struct RunMachine::State {
  State(Project& p, const World& w, Options o) : project(p), world(w), options(std::move(o)) {}

  Project& project;
  const World& world;
  Options options;
  int slots = 1;
  std::unique_ptr<LayerSources> sources;
  std::unique_ptr<BlobStore> blobs;
  std::unique_ptr<SandboxExecutor> executor;
  std::unique_ptr<Runner> runner;
  std::future<void> warming;
  int interrupted_by = 0;
  std::atomic<int> rollouts = 0;  ///< Jobs that carry one.
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
  PENSTOCK_TRY(state->blobs, project.open_blobs());
  sandbox.blobs = state->blobs.get();
  sandbox.network = !state->options.no_network;
  sandbox.strict = state->options.strict;
  PENSTOCK_TRY(state->executor, SandboxExecutor::make(std::move(sandbox)));
  state->runner = std::make_unique<Runner>(*state->executor, *state->blobs, world.clock);
  return std::unique_ptr<RunMachine>(new RunMachine(std::move(state)));
}

void RunMachine::prepare_sources(const RunFacts& facts) {
  state_->sources->prepare(facts.commit, facts.worktree_layer);
}
void RunMachine::prepare_sources(const std::string& commit, bool worktree) {
  if (worktree) {
    state_->sources->prepare_with_worktree(commit);
  } else {
    JobSpec likely;
    likely.repository = state_->project.repository.top_level().string();
    likely.commit = commit;
    const os::SignalShelter shelter;  // drive() is not begun yet
    state_->warming =
        std::async(std::launch::async, [executor = state_->executor.get(), likely] { executor->warm_up(likely); });
  }
}
Result<std::string> RunMachine::worktree_layer(const std::string& commit) {
  return state_->sources->worktree_layer(commit);
}
int RunMachine::slots() const { return state_->slots; }
SandboxExecutor& RunMachine::executor() { return *state_->executor; }
int RunMachine::interrupted_by() const { return state_->interrupted_by; }

LocalDispatcherOptions RunMachine::dispatch_options(const RunContext& context) {
  LocalDispatcherOptions dispatch;
  dispatch.slots = state_->slots;
  dispatch.secret = [&context](std::string_view name) { return secret_of(context, name); };
  dispatch.rollout = [this](const JobSpec& spec, const Cancel& cancel, const auto& tell) {
    ++state_->rollouts;
    FinishedAttempt attempt = run_rollout_job(state_->project, state_->world, spec, cancel, tell);
    --state_->rollouts;
    return attempt;
  };
  return dispatch;
}

Result<DriveEnd> RunMachine::drive(DrivableRun run, const Actor& who) {
  const World& world = state_->world;
  RunDisplay::Parts parts{world.outputs, world.clock, static_cast<size_t>(state_->slots), {}, {}};
  if (world.outputs.err.is_terminal) parts.earlier = earlier_durations(state_->project, run.stored.header);
  parts.waits = watch_waits(state_->project, world.clock);
  const std::unique_ptr<RunDisplay> display = RunDisplay::make(std::move(parts));
  PENSTOCK_TRY(JobResults known, results_of(state_->project, run.stored));
  display->know_results(std::move(known));

  PENSTOCK_TRY(os::SignalQueue signals, os::SignalQueue::open({SIGINT, SIGTERM, SIGWINCH}));
  const Patience patience{state_->options.waits_for_due, true, state_->options.waits_for_undriven};
  ChildRuns children({state_->project, world, *state_->runner, *state_->blobs, patience,
                      [this, &run] { return dispatch_options(run.context); }});
  LocalDispatcherOptions dispatch = dispatch_options(run.context);
  dispatch.rest = [this] { rest(); };
  dispatch.trigger = [&children](const JobSpec& spec, const Cancel& cancel, const auto& tell) {
    return children.carry_out(spec, cancel, tell);
  };
  dispatch.output = [&display](int64_t attempt, std::string_view piece) { display->output(attempt, piece); };
  Pause pause(state_->project, world, *display);
  if (run.context.pause_on_failure && has_person(world)) {
    dispatch.sweep = [folder = state_->sources->folder()](int64_t, const std::vector<int64_t>&) {
      SandboxExecutor::sweep(folder);
      return success();
    };
    dispatch.failed = [&pause](const JobSpec& spec, Room& room, const JobResult& so_far,
                               const std::vector<std::string>& environment,
                               const Cancel& cancel) { pause.on_failed(spec, room, so_far, environment, cancel); };
  } else if (run.context.pause_on_failure) {
    world.outputs.warning(
        "--pause-on-failure needs a terminal: nothing will pause here. Step into the room of a job that failed with: "
        "ci shell JOB");
  }
  SqliteStore& store = state_->project.store();
  LocalDispatcher dispatcher(*state_->runner, *state_->blobs, *state_->project.records.logs, store, world.clock,
                             std::move(dispatch));
  display->ask_last_lines([&dispatcher](int64_t attempt) { return dispatcher.last_line(attempt); });

  PollWaiter waiter(world.clock);
  Coordinator coordinator({store, *state_->project.records.leases, *state_->project.records.logs, dispatcher, waiter,
                           world.clock, *display});
  state_->interrupted_by = 0;
  waiter.watch(children.fd(), [&children] { children.take_news(); });
  waiter.watch(signals.fd(), [&] {
    while (const auto signal = signals.next()) {
      if (*signal == SIGWINCH) {
        display->resized();
      } else if (std::exchange(state_->interrupted_by, *signal) == 0) {
        if (coordinator.leave()) continue;
        display->notice("canceling: the jobs are asked to stop (again: kill)");
        coordinator.cancel(who);
        children.cancel_loose(false);
      } else {
        coordinator.kill(who);
        children.cancel_loose(true);
        waiter.every(kTick, [this, &display, told = world.clock.monotonic()] { leave_stuck_rollouts(*display, told); });
      }
    }
  });
  waiter.every(world.outputs.err.is_terminal ? kTick : kPlainTick, [&display] { display->tick(); });
  if (run.stored.header.version != 0) PENSTOCK_CHECK(children.adopt(run.stored.header.id));
  Result<DriveEnd> end = coordinator.drive(std::move(run.stored), patience);
  display->finish();
  if (!children.ended()) world.outputs.err.write("waiting for the pipelines that its jobs have started\n");
  while (!children.ended()) waiter.wait(std::nullopt);
  children.finish();
  state_->executor->retire();
  drop_rooms_that_served(state_->project, state_->sources->folder());
  return end;
}

/// Beside the run's last step: nothing may be needed any more.
void RunMachine::rest() const {
  state_->executor->rest();
  state_->project.repository.rest();
}

/// As a kill would, but with a word: a call of a target may take long, and comes to its end by itself.
void RunMachine::leave_stuck_rollouts(RunDisplay& display, std::chrono::nanoseconds killed) const {
  display.tick();
  if (state_->rollouts == 0 || state_->world.clock.monotonic() < killed + kPatience) return;
  display.finish();
  state_->world.outputs.hint("the rollout stands as it is, and nobody watches it. Go on with: ci resume");
  ::_exit(128 + state_->interrupted_by);
}

Result<PreparedJob> RunMachine::prepare(const JobSpec& spec, const RunContext& context, const Cancel& cancel) {
  PersonPort port(context, state_->project.store(), state_->world.outputs.err);
  return state_->runner->prepare(spec, port, port, cancel);
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
