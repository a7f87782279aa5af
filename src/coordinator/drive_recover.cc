// Going on with a run whose driver has died or has let go.

#include <string>
#include <utility>

#include "coordinator/drive.h"
#include "os/clock.h"

namespace penstock {
namespace {

JobResult lost_result(const AttemptRecord& attempt, Instant now) {
  JobResult result;
  result.outcome.reason = EndReason::interrupted;
  result.outcome.detail = "the ci that ran it was killed";
  result.started_at = attempt.started_at;
  result.ended_at = now;
  return result;
}

}  // namespace

Result<> Drive::recover(Step& step) {
  std::vector<int64_t> lost;
  for (size_t job = 0; job < run_.size(); ++job) PENSTOCK_CHECK(recover_job(step, job, lost));
  if (lost.empty()) return success();
  return parts_.dispatcher.sweep(header_.id, lost);
}

Result<> Drive::recover_job(Step& step, size_t job, std::vector<int64_t>& lost) {
  const std::string name = run_.job(job).name;
  const JobState before = run_.state(job);
  if (before.attempt > 0) {
    PENSTOCK_TRY(const std::optional<AttemptRecord> attempt, parts_.store.last_attempt(header_.id, name));
    if (attempt && attempt->result) {
      outputs_.keep(run_, job, *attempt->result);
    } else if (attempt) {
      lost.push_back(attempt->id);
      step.transition.ended.push_back({attempt->id, name, lost_result(*attempt, step.transition.at)});
    }
  }
  if (before.status == Status::waiting_for_resource && run_.job(job).resource_group) waiting_.insert(job);
  if (before.status == Status::running || before.status == Status::canceling) {
    step.notices.push_back("`" + name + "` was running when the ci that drove this run was killed");
    apply(step, Event{step.transition.at, event::JobLost{name, before.attempt}});
  } else if (run_.job(job).resource_group) {
    claim_again(job, before.status);
  }
  return success();
}

/// Whoever waited for the group may have taken this run for dead and dropped its claims.
void Drive::claim_again(size_t job, Status status) {
  const std::string& group = run_.job(job).resource_group->name;
  const std::string& name = run_.job(job).name;
  if (status == Status::waiting_for_resource || status == Status::pending) desk_.claim(name, group);
  if (status == Status::pending) ungranted_.insert(job);  // until the grant has come again
  if (status == Status::created || status == Status::scheduled) desk_.announce(name, group);
}

}  // namespace penstock
