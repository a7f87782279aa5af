#include "cli/rollout_steering.h"

#include <algorithm>
#include <string>

#include "cli/answers.h"
#include "cli/delivery_desk.h"
#include "cli/rollouts_of_runs.h"
#include "cli/run_machine.h"
#include "environments/approvals.h"
#include "environments/json.h"
#include "os/clock.h"
#include "store/driver_lease.h"

namespace penstock {
namespace {

/// The rollout that waits for people there; of several services: each one's.
Result<std::vector<RolloutRecord>> waiting_at(Project& project, const std::string& environment) {
  PENSTOCK_TRY(std::vector<RolloutRecord> open, project.store().open_rollouts());
  std::vector<RolloutRecord> found;
  for (auto record = open.rbegin(); record != open.rend(); ++record) {
    const std::string& name = record->facts.environment;
    const bool is_service = record->facts.group != 0 && name.starts_with(environment + "/");
    const bool is_newest = std::none_of(found.begin(), found.end(),
                                        [&](const RolloutRecord& one) { return one.facts.environment == name; });
    if (waits_for_approval(*record) && is_newest && (name == environment || is_service))
      found.push_back(std::move(*record));
  }
  return found;
}

/// What this person says of one that waits.
Result<> decide(Project& project, const World& world, DeliveryDesk& desk, const RolloutRecord& waiting,
                const GateArguments& arguments) {
  PENSTOCK_TRY(const EnvironmentSpec spec, environment_from_json(waiting.facts.configuration));
  PENSTOCK_TRY(const std::optional<Release> release, project.store().release(waiting.facts.release));
  if (!release) return Error{Fault::machine, waiting.facts.release_name + " isn't known here any more", {}};
  const EnvironmentsFile no_groups;  // the rule names people (Deployments::request)
  const std::string name = desk.deployments().name_in_journal(waiting);
  PENSTOCK_TRY(const EnvironmentAccess access, desk.access(spec));
  PENSTOCK_CHECK(answer_ask(project, world, desk, *access.ledger, spec.name,
                            {no_groups, spec.approvals, *release, waiting.facts.who, name}, arguments));
  return success();
}

}  // namespace

Result<std::optional<int>> open_rollout_gate(Project& project, const World& world, const GateArguments& arguments,
                                             std::optional<Instant> run) {
  if (arguments.run != 0) return std::optional<int>();
  PENSTOCK_TRY(const std::vector<RolloutRecord> waiting, waiting_at(project, arguments.name));
  if (waiting.empty() || (run && waiting.front().created_at < *run)) return std::optional<int>();
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(project, world));
  for (auto one = waiting.rbegin(); one != waiting.rend(); ++one)
    PENSTOCK_CHECK(decide(project, world, *desk, *one, arguments));
  const RolloutRecord& newest = waiting.front();
  const int64_t driver = driven_as(newest);
  PENSTOCK_TRY(const bool driven, project.records.rollout_leases->is_driven(driver));
  if (driven) {
    project.records.rollout_leases->wake(driver);
    return std::optional<int>(kPassed);
  }
  if (arguments.detach) return std::optional<int>(kPassed);
  PENSTOCK_TRY(const int status, desk->drive_and_report(driver, {.ends_as_asked = arguments.reject}));
  PENSTOCK_TRY(const int of_run, go_on_with_run(project, world, newest.facts.run, status));
  return std::optional<int>(arguments.reject ? status : of_run);
}

Result<bool> record_approval(Project& project, const World& world, const StoredRun& run, size_t index,
                             const GateArguments& arguments) {
  if (!run.run.job(index).rollout) return true;
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(project, world));
  DeclaredOnce file;
  PENSTOCK_TRY(const std::optional<JobAtGate> gate, gate_with_approvals(*desk, run, index, file));
  if (!gate) return true;
  const ApprovalRule& rule = gate->spec.approvals;
  PENSTOCK_TRY(const EnvironmentAccess access, desk->access(gate->spec));
  PENSTOCK_TRY(const ApprovalState state, answer_ask(project, world, *desk, *access.ledger, gate->spec.name,
                                                     {*file, rule, gate->release, run.header.facts.who}, arguments));
  if (state.open() || arguments.reject) return true;
  world.outputs.err.write(gate->job + " waits for " + to_words(state, rule) + "\n");
  return false;
}

namespace {

/// Those of the open ones that nobody drives, but for those that wait for a person, or for a moment that has not come
/// by `due_by`. A service's is driven with its group's, a job's with its run.
Result<std::vector<RolloutRecord>> undriven(Project& project, std::optional<Instant> due_by) {
  PENSTOCK_TRY(std::vector<RolloutRecord> open, project.store().open_rollouts());
  std::vector<RolloutRecord> found;
  for (RolloutRecord& record : open) {
    const std::optional<Instant>& due_at = record.summary.due_at;
    const bool due = due_by && due_at && *due_at <= *due_by;
    if (record.facts.group != 0 || (is_parked(record) && !due)) continue;
    PENSTOCK_TRY(const bool driven, project.records.rollout_leases->is_driven(record.id));
    if (driven) continue;
    if (record.facts.run != 0) {
      PENSTOCK_TRY(const std::optional<RunHeader> run, project.store().find(record.facts.run));
      if (run && !has_ended(run->summary.status) && !run->summary.parked) continue;
    }
    found.push_back(std::move(record));
  }
  return found;
}

}  // namespace

Result<std::vector<RolloutRecord>> unwatched_rollouts(Project& project) { return undriven(project, std::nullopt); }

void keep_abort(Project& project, int64_t rollout, const Actor& who, const std::string& why) {
  const auto stored = project.store().load_rollout(rollout);
  if (!stored.ok()) return;
  const RolloutSummary& summary = stored->record.summary;
  if (summary.ended || summary.phase == to_string(RolloutPhase::taking_back)) return;
  (void)project.store().post_steering(rollout, {rollout_event::Steered::What::abort, who, why}).ok();
}

Result<int> resume_rollouts(Project& project, const World& world, const std::vector<RolloutRecord>& rollouts) {
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(project, world));
  int worst = kPassed;
  for (const RolloutRecord& record : rollouts) {
    PENSTOCK_TRY(int status, desk->drive_and_report(record.id, {}));
    PENSTOCK_TRY(status, go_on_with_run(project, world, record.facts.run, status));
    worst = std::max(worst, status);
  }
  return worst;
}

Result<std::vector<RolloutRecord>> outdated_rollouts(Project& project, Instant now) {
  PENSTOCK_TRY(std::vector<RolloutRecord> kept, project.store().kept_rollouts());
  std::vector<RolloutRecord> outdated;
  for (RolloutRecord& record : kept) {
    if (*record.summary.due_at > now) continue;
    PENSTOCK_TRY(const bool driven, project.records.rollout_leases->is_driven(record.id));
    if (!driven) outdated.push_back(std::move(record));
  }
  return outdated;
}

Result<std::vector<RolloutRecord>> due_rollouts(Project& project, Instant now) {
  PENSTOCK_TRY(std::vector<RolloutRecord> due, undriven(project, now));
  PENSTOCK_TRY(const std::vector<RolloutRecord> outdated, outdated_rollouts(project, now));
  due.insert(due.end(), outdated.begin(), outdated.end());
  return due;
}

Result<std::vector<RolloutRecord>> timed_rollouts(Project& project) {
  PENSTOCK_TRY(std::vector<RolloutRecord> timed, project.store().open_rollouts());
  std::erase_if(timed, [](const RolloutRecord& record) {
    return !record.summary.due_at || record.facts.group != 0 || !is_parked(record);
  });
  PENSTOCK_TRY(const std::vector<RolloutRecord> kept, project.store().kept_rollouts());
  timed.insert(timed.end(), kept.begin(), kept.end());
  return timed;
}

}  // namespace penstock
