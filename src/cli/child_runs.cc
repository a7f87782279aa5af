#include "cli/child_runs.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <list>
#include <mutex>
#include <thread>
#include <utility>

#include "base/diagnostic.h"
#include "cli/attempt_end.h"
#include "cli/child_source.h"
#include "cli/job_waits.h"
#include "cli/run_display.h"
#include "cli/run_machine.h"
#include "cli/run_report.h"
#include "coordinator/poll_waiter.h"
#include "dispatch_local/local_dispatcher.h"
#include "os/clock.h"
#include "os/unique_fd.h"
#include "runner/cancel.h"

namespace penstock {
namespace {

using Tell = std::function<void(std::string_view)>;

constexpr Duration kTick = std::chrono::seconds(1);
constexpr int kDeepest = 2;  ///< GitLab's: a child may have children, and those none.

std::string run_name(int64_t run) { return "run " + std::to_string(run); }

/// On a terminal the parent alone is drawn: of its child the trigger job's log tells, if there is one.
class TellingDisplay final : public RunDisplay {
 public:
  TellingDisplay(Parts parts, const Tell* tell) : RunDisplay(std::move(parts)), tell_(tell) {}
  void driving(const RunHeader& header, const Run& run) override {
    id_ = header.id;
    run_ = &run;
  }
  void attempt_started(const Run& run, size_t job, int64_t /*attempt_id*/) override {
    say(run.job(job).name + " runs");
  }
  void job_changed(const Run& run, size_t job) override {
    const JobState& state = run.state(job);
    if (has_ended(state.status)) say(run.job(job).name + ": " + std::string(name_of(state.status)));
  }
  void notice(std::string_view text) override { say("note: " + std::string(text)); }
  void output(int64_t /*attempt_id*/, std::string_view /*piece*/) override {}
  void tick() override {
    if (run_ == nullptr) return;
    std::map<size_t, std::string> waits;
    for (const std::string& line : new_waits(id_, *run_, waits)) say(line);
  }

 private:
  void say(const std::string& line) {
    if (tell_ != nullptr) (*tell_)(line + "\n");
  }

  const Tell* tell_;
  int64_t id_ = 0;
  const Run* run_ = nullptr;
};

JobOutcome outcome_of(int64_t run, Status status, const Cancel& cancel) {
  if (status == Status::success || status == Status::skipped) return {EndReason::passed, std::nullopt, {}};
  if (status == Status::canceled || cancel.level() != Cancel::Level::none)
    return {EndReason::canceled, std::nullopt, run_name(run) + " was canceled"};
  return {EndReason::child_failed, std::nullopt, run_name(run) + " failed"};
}

std::string why_parked(const RunHeader& child) {
  const RunSummary& summary = child.summary;
  if (!summary.at_job.empty()) return run_name(child.id) + " waits for a person: " + summary.at_job;
  return run_name(child.id) + (summary.due_at ? " waits for its time" : " waits");
}

}  // namespace

struct ChildRuns::State {
  explicit State(Parts p) : parts(std::move(p)) {}

  Result<FinishedAttempt> carry_out(ChildRuns& family, const JobSpec& spec, const Cancel& cancel, const Tell& tell);
  Result<std::optional<RunHeader>> earlier_child(const JobSpec& spec);
  Result<StoredRun> make_child(const JobSpec& spec, const Tell& tell);
  Result<DriveEnd> drive(ChildRuns& family, StoredRun child, const Cancel& cancel, const Tell* tell);
  void drive_loose(ChildRuns& family, StoredRun child);
  Result<FinishedAttempt> finished(const JobSpec& spec, int64_t child, const Cancel& cancel, const Tell& tell);

  struct Loose {
    int64_t run = 0;
    std::string job;
    Cancel cancel;
    std::thread thread;
  };

  Parts parts;
  std::mutex mutex;  // guards what follows
  std::list<Loose> loose;
  int driven = 0;     ///< Of those.
  os::UniqueFd bell;  ///< An eventfd.
};

ChildRuns::ChildRuns(Parts parts) : state_(std::make_unique<State>(std::move(parts))) {
  state_->bell.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

int ChildRuns::fd() const { return state_->bell.get(); }

void ChildRuns::take_news() {
  uint64_t count = 0;
  (void)!::read(state_->bell.get(), &count, sizeof count);
}

bool ChildRuns::ended() const {
  const std::lock_guard lock(state_->mutex);
  return state_->driven == 0;
}

ChildRuns::~ChildRuns() {
  cancel_loose(true);
  for (State::Loose& one : state_->loose) {
    if (one.thread.joinable()) one.thread.join();
  }
}

/// The child that this job goes on with: of an attempt that was lost or has let go, or one that has more to do.
Result<std::optional<RunHeader>> ChildRuns::State::earlier_child(const JobSpec& spec) {
  SqliteStore& store = parts.project.store();
  PENSTOCK_TRY(const std::vector<RunHeader> children, store.children(spec.run));
  for (const RunHeader& child : children) {
    if (child.facts.parent.job != spec.job) continue;
    PENSTOCK_TRY(const std::vector<AttemptRecord> attempts, store.attempts(spec.run, spec.job));
    bool again = !has_ended(child.summary.status);
    for (const AttemptRecord& attempt : attempts) {
      if (attempt.attempt != spec.attempt - 1 || !attempt.result) continue;
      again = again || attempt.result->outcome.reason == EndReason::interrupted;
    }
    PENSTOCK_TRY(const std::vector<Posted> inbox, store.inbox(child.id));
    if (again || !inbox.empty()) return std::optional(child);
    break;  // the newest alone
  }
  return std::optional<RunHeader>();
}

Result<StoredRun> ChildRuns::State::make_child(const JobSpec& spec, const Tell& tell) {
  PENSTOCK_TRY(const StoredRun parent, parts.project.store().load(spec.run));
  if (parent.header.facts.parent.depth >= kDeepest) {
    return Error{Fault::user, "a child's child can't have children of its own: GitLab allows two levels",
                 "start its jobs from here, or from the parent"};
  }
  PENSTOCK_TRY(Compiled compiled, compile_child_of(parts.project, parts.blobs, parent, spec));
  if (!compiled.diagnostics.empty()) tell(render(compiled.diagnostics, {}));
  if (!compiled.plan || compiled.plan->jobs.empty()) {
    if (has_errors(compiled.diagnostics)) return Error{Fault::user, "`" + spec.trigger->name + "` has mistakes", {}};
    return Error{Fault::user,
                 "`" + spec.trigger->name + "` makes no pipeline here: " +
                     (compiled.plan ? std::string("its rules leave out all jobs") : compiled.workflow.summary),
                 "CI_PIPELINE_SOURCE is parent_pipeline in a child"};
  }
  NewRun fresh;
  fresh.at = parts.world.clock.now();
  fresh.facts = parent.header.facts;
  fresh.facts.pipeline += " › " + spec.job;
  fresh.facts.source = spec.trigger->name;
  fresh.facts.event = "parent_pipeline";
  fresh.facts.selected.clear();
  fresh.facts.parent = {spec.run, spec.job, spec.trigger->waits, parent.header.facts.parent.depth + 1};
  fresh.options = parent.run.options();
  fresh.sealed_context = parent.sealed_context;
  const size_t jobs = compiled.plan->jobs.size();
  fresh.plan = std::make_shared<const Plan>(*std::move(compiled.plan));
  PENSTOCK_TRY(StoredRun child, parts.project.store().create(fresh));
  tell(run_name(child.header.id) + ": " + std::to_string(jobs) + (jobs == 1 ? " job of " : " jobs of ") +
       spec.trigger->name + "\n");
  return child;
}

Result<DriveEnd> ChildRuns::State::drive(ChildRuns& family, StoredRun child, const Cancel& cancel, const Tell* tell) {
  Project& project = parts.project;
  const World& world = parts.world;
  RunDisplay::Parts shown{world.outputs, world.clock, 0, {}, {}};
  shown.waits = watch_waits(project, world.clock);
  std::unique_ptr<RunDisplay> display;
  if (world.outputs.err.is_terminal) {
    display = std::make_unique<TellingDisplay>(std::move(shown), tell);
  } else {
    shown.prefix = child.header.facts.parent.job + " › ";
    display = RunDisplay::make(std::move(shown));
  }
  LocalDispatcherOptions dispatch = parts.dispatch();
  dispatch.output = [&display](int64_t attempt, std::string_view piece) { display->output(attempt, piece); };
  dispatch.trigger = [&family](const JobSpec& spec, const Cancel& stop, const Tell& say) {
    return family.carry_out(spec, stop, say);
  };
  LocalDispatcher dispatcher(parts.runner, parts.blobs, *project.records.logs, project.store(), world.clock,
                             std::move(dispatch));
  PollWaiter waiter(world.clock);
  waiter.every(kTick, [&display] { display->tick(); });
  Coordinator coordinator(
      {project.store(), *project.records.leases, *project.records.logs, dispatcher, waiter, world.clock, *display});
  PENSTOCK_TRY(const Actor who, local_actor(project));
  waiter.watch(cancel.fd(), [&] {
    uint64_t count = 0;
    (void)!::read(cancel.fd(), &count, sizeof count);
    cancel.level() == Cancel::Level::kill ? coordinator.kill(who) : coordinator.cancel(who);
  });
  Result<DriveEnd> end = coordinator.drive(std::move(child), parts.patience);
  display->finish();
  return end;
}

void ChildRuns::State::drive_loose(ChildRuns& family, StoredRun child) {
  const std::lock_guard lock(mutex);
  Loose& one = loose.emplace_back();
  ++driven;
  one.run = child.header.id;
  one.job = child.header.facts.parent.job;
  one.thread = std::thread([this, &family, &one, run = std::move(child)]() mutable {
    const auto end = drive(family, std::move(run), one.cancel, nullptr);
    if (!end.ok()) parts.world.outputs.error(end.error());
    const std::lock_guard ending(mutex);
    --driven;
    const uint64_t news = 1;
    (void)!::write(bell.get(), &news, sizeof news);
  });
}

/// How the job ends by how its child has, with the child's failures in its log.
Result<FinishedAttempt> ChildRuns::State::finished(const JobSpec& spec, int64_t child, const Cancel& cancel,
                                                   const Tell& tell) {
  Project& project = parts.project;
  PENSTOCK_TRY(const StoredRun stored, project.store().load(child));
  FinishedAttempt attempt{spec.id, {}};
  attempt.result.started_at = attempt.result.ended_at = parts.world.clock.now();
  if (!has_ended(stored.header.summary.status)) {
    attempt.parked = why_parked(stored.header);
    attempt.result.outcome = {EndReason::interrupted, std::nullopt, attempt.parked};
    return attempt;
  }
  attempt.result.outcome = outcome_of(child, stored.header.summary.status, cancel);
  tell(run_name(child) + ": " + std::string(name_of(stored.header.summary.status)) + "\n");
  if (attempt.result.outcome.reason != EndReason::child_failed) return attempt;
  PENSTOCK_TRY(const JobResults results, results_of(project, stored));
  PENSTOCK_TRY(const std::vector<Failure> failures, failures_of(project, stored, results));
  constexpr size_t kWidth = 100;
  for (const Failure& failure : failures) tell(failure_report(failure, Style{}, kWidth));
  return attempt;
}

Result<FinishedAttempt> ChildRuns::State::carry_out(ChildRuns& family, const JobSpec& spec, const Cancel& cancel,
                                                    const Tell& tell) {
  PENSTOCK_TRY(const std::optional<RunHeader> earlier, earlier_child(spec));
  if (earlier && has_ended(earlier->summary.status)) {
    PENSTOCK_TRY(const std::vector<Posted> inbox, parts.project.store().inbox(earlier->id));
    if (inbox.empty()) return finished(spec, earlier->id, cancel, tell);
  }
  Result<StoredRun> child = earlier ? parts.project.store().load(earlier->id) : make_child(spec, tell);
  if (!child.ok()) return child.error();
  const int64_t id = child->header.id;
  if (!spec.trigger->waits) {
    drive_loose(family, *std::move(child));
    FinishedAttempt attempt{spec.id, {}};
    attempt.result.outcome.reason = EndReason::passed;
    return attempt;
  }
  PENSTOCK_CHECK(drive(family, *std::move(child), cancel, &tell));
  return finished(spec, id, cancel, tell);
}

FinishedAttempt ChildRuns::carry_out(const JobSpec& spec, const Cancel& cancel, const Tell& tell) {
  const os::Clock& clock = state_->parts.world.clock;
  const Instant began = clock.now();
  Result<FinishedAttempt> attempt = state_->carry_out(*this, spec, cancel, tell);
  return attempt_end(spec.id, std::move(attempt), EndReason::child_failed, began, clock.now(), tell);
}

Result<> ChildRuns::adopt(int64_t run) {
  Project& project = state_->parts.project;
  PENSTOCK_TRY(const std::vector<RunHeader> children, project.store().children(run));
  for (const RunHeader& child : children) {
    const bool idle = has_ended(child.summary.status) || child.summary.parked || child.facts.parent.waits;
    if (idle) continue;
    PENSTOCK_TRY(const bool driven, project.records.leases->is_driven(child.id));
    if (driven) continue;
    PENSTOCK_TRY(StoredRun stored, project.store().load(child.id));
    state_->drive_loose(*this, std::move(stored));
  }
  return success();
}

void ChildRuns::cancel_loose(bool kill) {
  const std::lock_guard lock(state_->mutex);
  for (State::Loose& one : state_->loose) one.cancel.request(kill ? Cancel::Level::kill : Cancel::Level::graceful);
}

void ChildRuns::finish() {
  for (;;) {
    State::Loose* next = nullptr;
    {
      const std::lock_guard lock(state_->mutex);
      for (State::Loose& one : state_->loose) {
        if (one.thread.joinable()) next = &one;
      }
    }
    if (next == nullptr) return;
    next->thread.join();
    const auto header = state_->parts.project.store().header(next->run);
    if (!header.ok() || !*header) continue;
    const Status status = (*header)->summary.status;
    state_->parts.world.outputs.err.write(
        run_name(next->run) + " of " + next->job + ": " + std::string(name_of(status)) +
        (status == Status::success ? "" : "; see ci show " + std::to_string(next->run)) + "\n");
  }
}

}  // namespace penstock
