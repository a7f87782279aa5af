#include "deployments/never_begins.h"

#include <utility>

#include "deployments/order.h"
#include "environments/json.h"
#include "os/clock.h"
#include "store/driver_lease.h"

namespace penstock {

Result<RolloutSummary> end_before_it_began(const DeploymentParts& parts, const StoredRollout& rollout,
                                           std::string_view phase, std::string reason) {
  RolloutTransition transition = next_step(rollout, parts.clock.now());
  RolloutSummary& summary = transition.summary;
  summary.phase = phase;
  summary.ended = true;
  summary.ended_at = transition.at;
  summary.reason = std::move(reason);
  summary.waits_for.clear();
  summary.waits_for_person = false;
  summary.due_at.reset();
  PENSTOCK_CHECK(parts.rollouts.commit_rollout(transition));
  return summary;
}

Result<RolloutSummary> end_at_gate(const DeploymentParts& parts, const StoredRollout& rollout,
                                   const GateAnswer& answer) {
  return end_before_it_began(parts, rollout, answer.what == GateAnswer::What::superseded ? "superseded" : "refused",
                             answer.help.empty() ? answer.words : answer.words + " (" + answer.help + ")");
}

bool is_final(const GateAnswer& answer) {
  return answer.what == GateAnswer::What::refused || answer.what == GateAnswer::What::superseded;
}

std::optional<GateAnswer> answer_to(const rollout_event::Steered& wish) {
  if (wish.what != rollout_event::Steered::What::abort) return std::nullopt;
  GateAnswer refused{GateAnswer::What::refused, "aborted by " + wish.by.name, {}, std::nullopt};
  if (!wish.message.empty()) refused.words += " \"" + wish.message + "\"";
  return refused;
}

Result<> Deployments::end_those_that_never_begin(const std::string& environment,
                                                 const std::vector<JournalEntry>& journal, Ledger& ledger) {
  PENSTOCK_TRY(const std::vector<RolloutRecord> open, parts_.rollouts.open_rollouts());
  for (const RolloutRecord& record : open) {
    if (record.facts.environment != environment || !is_at_gate(record)) continue;
    PENSTOCK_CHECK(end_if_it_never_begins(record, journal, ledger));
  }
  return success();
}

/// One that is driven finds out itself.
Result<> Deployments::end_if_it_never_begins(const RolloutRecord& record, const std::vector<JournalEntry>& journal,
                                             Ledger& ledger) {
  const int64_t driver = driven_as(record);
  PENSTOCK_TRY(const bool driven, parts_.leases.is_driven(driver));
  const auto spec = environment_from_json(record.facts.configuration);
  if (driven || !spec.ok()) return success();
  const auto answer = ask({record, {}}, *spec, journal);
  if (!answer.ok() || !is_final(*answer)) return success();
  PENSTOCK_TRY(const std::unique_ptr<DriverLease> lease, parts_.leases.try_acquire(driver));
  if (!lease) return success();
  PENSTOCK_TRY(const StoredRollout stored, parts_.rollouts.load_rollout(record.id));
  if (stored.record.version != record.version) return success();
  PENSTOCK_CHECK(end_at_gate(parts_, stored, *answer));
  PENSTOCK_CHECK(withdraw_ask(record.facts.environment, ledger, rollout_name(parts_, record), {}, journal));
  if (record.facts.group == 0) return success();
  // What that means for the others of its group is found out by who goes on with that.
  PENSTOCK_TRY(const StoredRollout group, parts_.rollouts.load_rollout(driver));
  RolloutTransition transition = next_step(group, parts_.clock.now());
  transition.summary.waits_for_person = false;
  transition.summary.due_at.reset();
  return parts_.rollouts.commit_rollout(transition);
}

}  // namespace penstock
