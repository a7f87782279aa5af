#include "cli/rollout_steering.h"

#include <algorithm>
#include <string>

#include "cli/delivery_desk.h"
#include "cli/run_machine.h"
#include "delivery/ledger.h"
#include "environments/approvals.h"
#include "environments/compile.h"
#include "environments/json.h"
#include "os/clock.h"
#include "store/driver_lease.h"

namespace penstock {
namespace {

Result<std::optional<RolloutRecord>> waiting_at(Project& project, const std::string& environment) {
  PENSTOCK_TRY(std::vector<RolloutRecord> open, project.store().open_rollouts());
  for (auto record = open.rbegin(); record != open.rend(); ++record) {
    const bool waits = record->summary.waits_for_person && !record->summary.began_at;
    if (record->facts.environment == environment && waits) return std::optional(std::move(*record));
  }
  return std::optional<RolloutRecord>();
}

JournalEntry entry_for(const Release& release, const GateArguments& arguments, const Actor& who, Instant now) {
  JournalEntry entry;
  entry.at = now;
  entry.what = arguments.reject ? JournalEntry::What::rejected : JournalEntry::What::approved;
  entry.release = release.id;
  entry.name = release.name;
  entry.commit = release.commit;
  entry.committed_at = release.committed_at;
  entry.by = who;
  entry.message = arguments.message;
  return entry;
}

/// Writes what this person says into the environment's journal; how the approvals stand then.
Result<ApprovalState> say(DeliveryDesk& desk, const World& world, const EnvironmentSpec& spec,
                          const ApprovalQuestion& question, const GateArguments& arguments, const Actor& who) {
  if (const std::optional<std::string> why = why_not(question, who)) {
    return Error{Fault::user, "this is not yours to decide: " + *why, "see what it waits for: ci why " + spec.name};
  }
  PENSTOCK_TRY(const EnvironmentAccess access, desk.access(spec));
  PENSTOCK_CHECK(access.ledger->append(entry_for(question.release, arguments, who, world.clock.now()), 0));
  world.outputs.err.write(question.release.name + " " + (arguments.reject ? "rejected" : "approved") + " by " +
                          who.name + " for " + spec.name + "\n");
  PENSTOCK_TRY(const std::vector<JournalEntry> journal, desk.deployments().refresh(spec.name, *access.ledger));
  return approvals_of(question, journal);
}

}  // namespace

Result<std::optional<int>> open_rollout_gate(Project& project, const World& world, const GateArguments& arguments) {
  if (arguments.run != 0) return std::optional<int>();
  PENSTOCK_TRY(const std::optional<RolloutRecord> waiting, waiting_at(project, arguments.name));
  if (!waiting) return std::optional<int>();
  PENSTOCK_TRY(const EnvironmentSpec spec, environment_from_json(waiting->facts.configuration));
  PENSTOCK_TRY(const std::optional<Release> release, project.store().release(waiting->facts.release));
  if (!release) return Error{Fault::machine, waiting->facts.release_name + " isn't known here any more", {}};
  PENSTOCK_TRY(const Actor who, local_actor(project));
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(project, world));
  const EnvironmentsFile no_groups;  // the rule names people (Deployments::request)
  PENSTOCK_CHECK(say(*desk, world, spec, {no_groups, spec.approvals, *release, waiting->facts.who}, arguments, who));
  PENSTOCK_TRY(const bool driven, project.records.rollout_leases->is_driven(waiting->id));
  if (driven) {
    project.records.rollout_leases->wake(waiting->id);
    return std::optional<int>(kPassed);
  }
  if (arguments.detach) return std::optional<int>(kPassed);
  PENSTOCK_TRY(const int status, desk->drive_and_report(waiting->id, true));
  // A release that a person refuses ends as refused; the refusal itself is done.
  return std::optional<int>(arguments.reject && status == kFailed ? static_cast<int>(kPassed) : status);
}

Result<bool> record_approval(Project& project, const World& world, const StoredRun& run, size_t index,
                             const GateArguments& arguments) {
  const Job& job = run.run.job(index);
  if (!job.rollout || !job.environment) return true;
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(project, world));
  const RunFacts& facts = run.header.facts;
  PENSTOCK_TRY(const EnvironmentsFile file, desk->declared(facts.commit, facts.worktree));
  const std::optional<EnvironmentSpec> spec = find_environment(file, job.environment->name);
  if (!spec || spec->approvals.required == 0) return true;
  PENSTOCK_TRY(const Release release, desk->built(*spec, run.header.id, job.rollout->artifact));
  PENSTOCK_TRY(const Actor who, local_actor(project));
  PENSTOCK_TRY(const ApprovalState state,
               say(*desk, world, *spec, {file, spec->approvals, release, facts.who}, arguments, who));
  if (state.open() || state.refused) return true;
  world.outputs.err.write(job.name + " waits for " + to_words(state, spec->approvals) + "\n");
  return false;
}

Result<std::vector<RolloutRecord>> unwatched_rollouts(Project& project) {
  PENSTOCK_TRY(const std::vector<RolloutRecord> open, project.store().open_rollouts());
  std::vector<RolloutRecord> unwatched;
  for (const RolloutRecord& record : open) {
    const RolloutSummary& summary = record.summary;
    const bool parked = !summary.began_at && (summary.waits_for_person || summary.due_at);
    if (parked) continue;
    PENSTOCK_TRY(const bool driven, project.records.rollout_leases->is_driven(record.id));
    if (driven) continue;
    if (record.facts.run != 0) {
      PENSTOCK_TRY(const std::optional<RunHeader> run, project.store().find(record.facts.run));
      if (run && !has_ended(run->summary.status)) continue;
    }
    unwatched.push_back(record);
  }
  return unwatched;
}

Result<int> resume_rollouts(Project& project, const World& world, const std::vector<RolloutRecord>& rollouts) {
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(project, world));
  int worst = kPassed;
  for (const RolloutRecord& record : rollouts) {
    PENSTOCK_TRY(const int status, desk->drive_and_report(record.id, true));
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
  PENSTOCK_TRY(std::vector<RolloutRecord> due, unwatched_rollouts(project));
  PENSTOCK_TRY(const std::vector<RolloutRecord> open, project.store().open_rollouts());
  for (const RolloutRecord& record : open) {
    if (record.summary.began_at || !record.summary.due_at || *record.summary.due_at > now) continue;
    PENSTOCK_TRY(const bool driven, project.records.rollout_leases->is_driven(record.id));
    if (!driven) due.push_back(record);
  }
  PENSTOCK_TRY(const std::vector<RolloutRecord> outdated, outdated_rollouts(project, now));
  due.insert(due.end(), outdated.begin(), outdated.end());
  return due;
}

Result<std::vector<RolloutRecord>> timed_rollouts(Project& project) {
  PENSTOCK_TRY(std::vector<RolloutRecord> timed, project.store().open_rollouts());
  std::erase_if(timed, [](const RolloutRecord& record) { return record.summary.began_at || !record.summary.due_at; });
  PENSTOCK_TRY(const std::vector<RolloutRecord> kept, project.store().kept_rollouts());
  timed.insert(timed.end(), kept.begin(), kept.end());
  return timed;
}

}  // namespace penstock
