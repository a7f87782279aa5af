#include "cli/rollout_job.h"

#include <mutex>
#include <string>

#include "cli/attempt_end.h"
#include "cli/delivery_desk.h"
#include "cli/quiet_watch.h"
#include "cli/rollout_steering.h"
#include "cli/run_machine.h"
#include "cli/service_requests.h"
#include "cli/when.h"
#include "coordinator/poll_waiter.h"
#include "environments/compile.h"
#include "os/clock.h"
#include "runner/cancel.h"

namespace penstock {
namespace {

using Tell = std::function<void(std::string_view)>;

constexpr size_t kLookedAt = 100;
constexpr Duration kTick = std::chrono::seconds(1);

/// Writes the rollout's story into the job's log.
class JobLogObserver final : public RolloutObserver {
 public:
  JobLogObserver(const Tell& tell, std::string environment) : tell_(tell), quiet_(std::move(environment)) {}
  void changed(const RolloutRecord& record, const RolloutView& view) override {
    quiet_.changed(record.facts.environment, view);
  }
  void said(Instant at, const std::string& line) override {
    quiet_.said(at, line);
    tell_(to_clock(at, true) + "  " + line + "\n");
  }
  void tick(Instant now) {
    for (const std::string& line : quiet_.due(now)) said(now, line);
  }

 private:
  const Tell& tell_;
  QuietWatch quiet_;
};

/// The rollout that an earlier attempt of this job made and has let go of, or that nobody has brought to its end.
Result<std::optional<int64_t>> rollout_to_join(Project& project, const JobSpec& spec) {
  PENSTOCK_TRY(const std::vector<RolloutRecord> known, project.store().rollouts(spec.environment->name, kLookedAt));
  for (const RolloutRecord& record : known) {
    if (record.facts.run != spec.run || record.facts.job != spec.job) continue;
    if (!record.summary.ended) return std::optional(record.id);
    PENSTOCK_TRY(const std::vector<AttemptRecord> attempts, project.store().attempts(spec.run, spec.job));
    for (const AttemptRecord& attempt : attempts) {
      const bool is_last = attempt.attempt == spec.attempt - 1 && attempt.result;
      if (is_last && attempt.result->outcome.reason == EndReason::interrupted) return std::optional(record.id);
    }
    break;  // the newest alone
  }
  return std::optional<int64_t>();
}

Result<int64_t> ask_for_rollout(DeliveryDesk& desk, Project& project, const JobSpec& spec) {
  PENSTOCK_TRY(const EnvironmentsFile file, desk.declared(spec.commit, !spec.worktree_layer.empty()));
  std::optional<EnvironmentSpec> environment = find_environment(file, spec.environment->name);
  if (!environment) {
    return Error{Fault::user, "there is no environment `" + spec.environment->name + "` at this commit",
                 "declare it in .ci/environments.yml"};
  }
  DeploymentRequest request;
  request.groups = file.groups;
  PENSTOCK_TRY(const std::optional<RunHeader> run, project.store().header(spec.run));
  if (run) request.who = run->facts.who;  // who started it, whoever goes on with it here
  request.run = spec.run;
  request.job = spec.job;
  if (!environment->services.empty()) {
    if (!spec.rollout->artifact.empty()) return name_a_service(*environment, "an artifact is one service's");
    request.environment = *std::move(environment);
    PENSTOCK_TRY(const StoredRollout rollout, request_services(desk, file, request, spec.run));
    return rollout.record.id;
  }
  PENSTOCK_TRY(request.release, desk.built(*environment, spec.run, spec.rollout->artifact));
  PENSTOCK_TRY(request.secret_versions, desk.newest_secrets(*environment));
  request.environment = *std::move(environment);
  PENSTOCK_TRY(const StoredRollout rollout, desk.deployments().request(request));
  return rollout.record.id;
}

Result<DeploymentEnd> drive(DeliveryDesk& desk, Project& project, const World& world, int64_t rollout,
                            const std::string& environment, const Cancel& cancel, const Tell& tell) {
  PENSTOCK_TRY(const Actor who, local_actor(project));
  JobLogObserver observer(tell, environment);
  PollWaiter waiter(world.clock);
  waiter.every(kTick, [&] { observer.tick(world.clock.now()); });
  bool canceled = false;
  waiter.watch(cancel.fd(), [&] {
    uint64_t count = 0;
    (void)!::read(cancel.fd(), &count, sizeof count);
    if (cancel.level() == Cancel::Level::kill) {
      keep_abort(project, rollout, who, "the job was canceled");
      desk.deployments().leave();
    } else if (!std::exchange(canceled, true)) {
      desk.deployments().steer({rollout_event::Steered::What::abort, who, "the job was canceled"});
    }
  });
  return desk.deployments().drive(rollout, waiter, observer, true);
}

/// Why it lets go; empty: it doesn't.
std::string why_parked(const DeploymentEnd& end, const RolloutRecord& record, const Cancel& cancel) {
  if (cancel.level() != Cancel::Level::none) return {};
  const std::string rollout = "rollout " + std::to_string(record.id);
  if (end.how == DeploymentEnd::How::parked) return rollout + " waits for " + end.summary.waits_for;
  return end.how == DeploymentEnd::How::elsewhere ? "another ci drives " + rollout : std::string();
}

JobOutcome outcome_of(const DeploymentEnd& end, const Cancel& cancel) {
  const RolloutSummary& summary = end.summary;
  const bool ended = end.how == DeploymentEnd::How::ended;
  if (ended && summary.succeeded) return {EndReason::passed, std::nullopt, {}};
  const bool is_superseded = ended && summary.phase == "superseded";
  if (is_superseded || cancel.level() != Cancel::Level::none)
    return {EndReason::canceled, std::nullopt, summary.reason};
  if (ended) return {EndReason::rollout_failed, std::nullopt, summary.reason};
  return {EndReason::runner_system_failure, std::nullopt, "its rollout was left as it stood"};
}

Result<FinishedAttempt> deploy(Project& project, const World& world, const JobSpec& spec, const Cancel& cancel,
                               const Tell& tell_alone) {
  std::mutex turn;  // hosts are reached by threads of their own
  const Tell tell = [&](std::string_view text) {
    const std::lock_guard lock(turn);
    tell_alone(text);
  };
  const auto say = [&](const std::string& line) { tell(line + "\n"); };
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(project, world, say));
  PENSTOCK_TRY(const std::optional<int64_t> known, rollout_to_join(project, spec));
  int64_t rollout = known.value_or(0);
  if (!known) {
    PENSTOCK_TRY(rollout, ask_for_rollout(*desk, project, spec));
  }
  PENSTOCK_TRY(const DeploymentEnd end, drive(*desk, project, world, rollout, spec.environment->name, cancel, tell));
  PENSTOCK_TRY(const StoredRollout stored, project.store().load_rollout(rollout));
  FinishedAttempt attempt{spec.id, {}, why_parked(end, stored.record, cancel)};
  attempt.result.outcome = attempt.parked.empty() ? outcome_of(end, cancel)
                                                  : JobOutcome{EndReason::interrupted, std::nullopt, attempt.parked};
  if (!end.summary.log.empty() && !end.summary.succeeded) tell(end.summary.log + "\n");
  return attempt;
}

}  // namespace

FinishedAttempt run_rollout_job(Project& project, const World& world, const JobSpec& spec, const Cancel& cancel,
                                const Tell& tell) {
  const Instant began = world.clock.now();
  auto attempt = deploy(project, world, spec, cancel, tell);
  FinishedAttempt told =
      attempt_end(spec.id, std::move(attempt), EndReason::unmet_prerequisites, began, world.clock.now(), tell);
  if (spec.environment) told.result.environment_url = spec.environment->url;
  return told;
}

}  // namespace penstock
