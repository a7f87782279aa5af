#include "cli/rollouts_of_runs.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "cli/delivery_desk.h"
#include "cli/resume.h"
#include "cli/run_machine.h"
#include "coordinator/poll_waiter.h"
#include "coordinator/post.h"
#include "coordinator/summary.h"
#include "os/clock.h"
#include "store/driver_lease.h"

namespace penstock {
namespace {

constexpr size_t kLookedAt = 100;

class Silence final : public RolloutObserver {
 public:
  void changed(const RolloutRecord& /*record*/, const RolloutView& /*view*/) override {}
  void said(Instant /*at*/, const std::string& /*line*/) override {}
};

/// Whether the run has ended, or the job alone has.
Result<bool> is_unwanted(Project& project, const RolloutRecord& record, const RunHeader& run) {
  if (has_ended(run.summary.status)) return true;
  PENSTOCK_TRY(const StoredRun stored, project.store().load(run.id));
  const std::optional<size_t> job = stored.run.index_of(record.facts.job);
  return job && has_ended(stored.run.state(*job).status);
}

/// It never begins: nobody waits for it any more.
Result<> end_rollout_of(Project& project, const World& world, const RolloutRecord& record, const RunHeader& run) {
  PENSTOCK_TRY(const bool driven, project.records.rollout_leases->is_driven(record.id));
  if (driven) return success();
  PENSTOCK_TRY(const Actor who, local_actor(project));
  const std::string why = record.facts.job + " of run " + std::to_string(run.id) + " has ended without it";
  PENSTOCK_CHECK(project.store().post_steering(record.id, {rollout_event::Steered::What::abort, who, why}));
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(project, world));
  PollWaiter waiter(world.clock);
  Silence silence;
  PENSTOCK_CHECK(desk->deployments().drive(record.id, waiter, silence, true));
  return success();
}

/// Whether the run's job has let go of its rollout and hasn't been told yet; it is then.
Result<bool> tell(Project& project, const World& world, const RolloutRecord& record) {
  PENSTOCK_TRY(const StoredRun stored, project.store().load(record.facts.run));
  const std::optional<size_t> job = stored.run.index_of(record.facts.job);
  if (!job || !has_let_go(stored.run.state(*job))) return false;
  PENSTOCK_TRY(const std::vector<Posted> inbox, project.store().inbox(record.facts.run));
  const bool told = std::any_of(inbox.begin(), inbox.end(), [&](const Posted& posted) {
    const auto* granted = std::get_if<event::ResourceGranted>(&posted.event.what);
    return granted != nullptr && granted->job == record.facts.job;
  });
  if (told) return true;
  const Event ended{world.clock.now(), event::ResourceGranted{record.facts.job}};
  PENSTOCK_CHECK(post(project.store(), *project.records.leases, record.facts.run, {ended}));
  return true;
}

}  // namespace

Result<std::vector<int64_t>> settle_rollouts_of_runs(Project& project, const World& world) {
  PENSTOCK_TRY(const std::vector<RolloutRecord> records, project.store().rollouts({}, kLookedAt));
  std::set<std::pair<int64_t, std::string>> looked_at;
  std::vector<int64_t> runs;
  for (const RolloutRecord& record : records) {
    const RolloutFacts& facts = record.facts;
    if (facts.run == 0 || facts.group != 0) continue;
    if (!looked_at.emplace(facts.run, facts.job).second) continue;  // the job's newest alone
    PENSTOCK_TRY(const std::optional<RunHeader> run, project.store().header(facts.run));
    if (!run) continue;
    const RolloutSummary& summary = record.summary;
    const bool waits = !summary.began_at || is_parked(record);
    if (!summary.ended && waits) {
      PENSTOCK_TRY(const bool unwanted, is_unwanted(project, record, *run));
      if (unwanted) PENSTOCK_CHECK(end_rollout_of(project, world, record, *run));
    } else if (summary.ended && run->summary.parked) {
      PENSTOCK_TRY(const bool told, tell(project, world, record));
      if (told) runs.push_back(facts.run);
    }
  }
  return runs;
}

Result<int> go_on_with_run(Project& project, const World& world, int64_t run, int status) {
  if (run == 0) return status;
  PENSTOCK_TRY(const std::vector<int64_t> runs, settle_rollouts_of_runs(project, world));
  PENSTOCK_TRY(const bool driven, project.records.leases->is_driven(run));
  if (driven || std::find(runs.begin(), runs.end(), run) == runs.end()) return status;
  return drive_run(project, world, run, {});
}

}  // namespace penstock
