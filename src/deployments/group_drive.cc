#include "deployments/group_drive.h"

#include <algorithm>
#include <utility>

#include "delivery/ledger.h"
#include "delivery/target.h"
#include "deployments/drive.h"
#include "deployments/earlier.h"
#include "deployments/order.h"
#include "environments/json.h"
#include "os/clock.h"
#include "rollout/environment_state.h"

namespace penstock {
namespace {

using What = ReleaseGroup::Command::What;
constexpr size_t kLookedAt = 1'000;

/// Says which service it is that something is told of.
class ServiceObserver final : public RolloutObserver {
 public:
  ServiceObserver(RolloutObserver& inner, const std::string& service) : inner_(inner), service_(service) {}
  void changed(const RolloutRecord& record, const RolloutView& view) override { inner_.changed(record, view); }
  void said(Instant at, const std::string& line) override { inner_.said(at, service_ + ": " + line); }

 private:
  RolloutObserver& inner_;
  const std::string& service_;
};

/// How it counts for the others: what never began has left the old release in place.
RolloutPhase phase_of(const RolloutSummary& summary) {
  if (summary.succeeded) return RolloutPhase::live;
  if (!summary.began_at || summary.phase == to_string(RolloutPhase::taken_back)) return RolloutPhase::taken_back;
  return RolloutPhase::failed;
}

std::string words_of(const RolloutRecord& member) {
  const RolloutSummary& summary = member.summary;
  if (summary.succeeded) return member.facts.release_name + " is live";
  std::string phase = summary.phase;
  std::replace(phase.begin(), phase.end(), '_', ' ');
  return member.facts.release_name + " " + phase + (summary.reason.empty() ? "" : ": " + summary.reason);
}

}  // namespace

Result<DeploymentEnd> Deployments::GroupDrive::run(int64_t rollout) {
  PENSTOCK_TRY(const std::unique_ptr<DriverLease> lease, parts.leases.try_acquire(rollout));
  PENSTOCK_TRY(stored, parts.rollouts.load_rollout(rollout));
  if (!lease) {
    parts.leases.wake(rollout);
    return DeploymentEnd{DeploymentEnd::How::elsewhere, stored.record.summary};
  }
  if (stored.record.summary.ended) return DeploymentEnd{DeploymentEnd::How::ended, stored.record.summary};
  if (lease->fd() >= 0) {
    waiter.watch(lease->fd(), [&] {
      lease->take_wakes();
      look_into_inbox = true;
      (void)hear().ok();  // else at the next step
    });
  }
  auto end = [&]() -> Result<DeploymentEnd> {
    PENSTOCK_CHECK(load());
    return bring();
  }();
  if (lease->fd() >= 0) waiter.unwatch(lease->fd());
  return end;
}

Result<> Deployments::GroupDrive::load() {
  PENSTOCK_TRY(spec, environment_from_json(stored.record.facts.configuration));
  if (!stored.state.empty()) {
    PENSTOCK_TRY(group, ReleaseGroup::from_json(stored.state));
    return success();
  }
  // One after the other: each needs the one before it, so that they go back in the opposite order; a rollback begins
  // with the last.
  std::vector<ServiceSpec> services = spec.services;
  if (stored.record.facts.kind == RolloutFacts::Kind::rollback) std::reverse(services.begin(), services.end());
  std::vector<GroupMember> members;
  for (const ServiceSpec& service : services) {
    members.push_back({service.name, {}});
    if (members.size() > 1) members.back().needs = {members[members.size() - 2].name};
  }
  PENSTOCK_TRY(group, ReleaseGroup::create(std::move(members), true));
  (void)group->begin();
  return commit({});
}

void Deployments::GroupDrive::wish(const rollout_event::Steered& steered) {
  if (steered.what == rollout_event::Steered::What::abort && !aborted) aborted = steered;
}

Result<> Deployments::GroupDrive::hear() {
  if (!std::exchange(look_into_inbox, false)) return success();
  PENSTOCK_TRY(const std::vector<PostedSteering> inbox, parts.rollouts.steering(stored.record.id));
  for (const PostedSteering& posted : inbox) {
    if (std::find(heard.begin(), heard.end(), posted.id) != heard.end()) continue;
    heard.push_back(posted.id);
    deployments.steer(posted.steered);
  }
  return success();
}

Result<DeploymentEnd> Deployments::GroupDrive::bring() {
  while (!group->has_ended()) {
    if (deployments.leave_) return DeploymentEnd{DeploymentEnd::How::left, stored.record.summary};
    PENSTOCK_CHECK(hear());
    if (aborted && !group->abort().empty()) PENSTOCK_CHECK(commit({}));
    const std::vector<ReleaseGroup::Command> commands = group->outstanding();
    if (commands.empty()) break;
    PENSTOCK_TRY(const std::optional<DeploymentEnd> stopped, carry_out(commands.front()));
    if (stopped) return *stopped;
  }
  return finish();
}

Result<std::optional<DeploymentEnd>> Deployments::GroupDrive::carry_out(const ReleaseGroup::Command& command) {
  const bool back = command.what == What::roll_back;
  PENSTOCK_TRY(const std::optional<RolloutRecord> member,
               back ? way_back(command.name) : rollout_of(command.name, RolloutFacts::Kind::deploy));
  if (member) return drive_member(command, *member);
  if (!back) PENSTOCK_CHECK(ended(command.name, RolloutPhase::taken_back, "was never asked for: its request died"));
  return std::optional<DeploymentEnd>();
}

Result<std::optional<DeploymentEnd>> Deployments::GroupDrive::drive_member(const ReleaseGroup::Command& command,
                                                                           const RolloutRecord& member) {
  ServiceObserver told(observer, command.name);
  auto end = [&] {
    Drive drive(deployments, waiter, told, stay);
    if (command.what == What::abort && aborted) drive.steered.push_back(*aborted);
    deployments.driving_ = &drive;
    auto driven = drive.run(member.id);
    deployments.driving_ = nullptr;
    return driven;
  }();
  PENSTOCK_TRY(const StoredRollout after, parts.rollouts.load_rollout(member.id));
  if (!end.ok() && !after.record.summary.ended) return end.error();
  if (after.record.summary.ended) {
    PENSTOCK_CHECK(ended(command.name, phase_of(after.record.summary), words_of(after.record)));
    return std::optional<DeploymentEnd>();
  }
  RolloutSummary& summary = stored.record.summary;
  summary.waits_for = environment_of(command.name);
  if (!after.record.summary.waits_for.empty()) summary.waits_for += ": " + after.record.summary.waits_for;
  summary.waits_for_person = after.record.summary.waits_for_person;
  summary.due_at = after.record.summary.due_at;
  PENSTOCK_CHECK(commit({}));
  return std::optional(DeploymentEnd{end->how, summary});
}

Result<std::optional<RolloutRecord>> Deployments::GroupDrive::rollout_of(const std::string& service,
                                                                         RolloutFacts::Kind kind) {
  PENSTOCK_TRY(const std::vector<RolloutRecord> known, parts.rollouts.rollouts(environment_of(service), kLookedAt));
  for (const RolloutRecord& record : known) {
    const bool is_return = record.facts.kind == RolloutFacts::Kind::return_;
    if (record.facts.group == stored.record.id && is_return == (kind == RolloutFacts::Kind::return_))
      return std::optional(record);
  }
  return std::optional<RolloutRecord>();
}

Result<std::optional<RolloutRecord>> Deployments::GroupDrive::way_back(const std::string& service) {
  PENSTOCK_TRY(std::optional<RolloutRecord> begun, rollout_of(service, RolloutFacts::Kind::return_));
  if (begun) return begun;
  PENSTOCK_TRY(const std::optional<RolloutRecord> forth, rollout_of(service, RolloutFacts::Kind::deploy));
  if (!forth) return std::optional<RolloutRecord>();
  const RolloutFacts& facts = forth->facts;
  const auto stays = [&](RolloutPhase phase, const std::string& why) -> Result<std::optional<RolloutRecord>> {
    PENSTOCK_CHECK(ended(service, phase, why));
    return std::optional<RolloutRecord>();
  };
  if (facts.from == facts.release) return stays(RolloutPhase::live, facts.release_name + " was live before, too");
  if (facts.from.empty())
    return stays(RolloutPhase::failed, facts.release_name + " stays: there is none before it to go back to");
  DeploymentRequest request;
  PENSTOCK_TRY(const EnvironmentSpec now, environment_from_json(facts.configuration));
  PENSTOCK_TRY(const EnvironmentAccess access, parts.open(now, facts.secret_versions));
  PENSTOCK_TRY(const std::vector<JournalEntry> journal, deployments.refresh(now.name, *access.ledger));
  const EnvironmentState state = environment_state(journal);
  if (!state.live || state.live->rollout != rollout_name(parts, *forth)) {
    const std::string name = state.live ? state.live->name + " of " + state.live->by.name : "nothing";
    return stays(RolloutPhase::live, name + " is live there now, and is left alone");
  }
  request.kind = RolloutFacts::Kind::return_;
  PENSTOCK_TRY(request.release, deployments.known_release(*access.ledger, facts.from));
  PENSTOCK_TRY(request.environment,
               as_configured_then(now, journal, facts.from, *access.ledger, request.secret_versions));
  request.group = stored.record.id;
  request.who = facts.who;
  request.message = stored.record.summary.reason;
  PENSTOCK_TRY(StoredRollout made, deployments.request(request));
  return std::optional(std::move(made.record));
}

Result<> Deployments::GroupDrive::ended(const std::string& service, RolloutPhase phase, const std::string& line) {
  RolloutSummary& summary = stored.record.summary;
  const bool forth = group->standing(service) != ReleaseGroup::Standing::returning;
  if (forth && phase != RolloutPhase::live && summary.reason.empty()) summary.reason = service + ": " + line;
  if (forth && phase == RolloutPhase::failed) summary.reason = service + ": " + line;
  (void)group->ended(service, phase);
  if (aborted) (void)group->abort();
  summary.waits_for.clear();
  summary.waits_for_person = false;
  summary.due_at.reset();
  return commit(service + ": " + line);
}

/// Those that never began are told so; then all of it ends.
Result<DeploymentEnd> Deployments::GroupDrive::finish() {
  bool failed = false;
  for (const ServiceSpec& service : spec.services) {
    const ReleaseGroup::Standing standing = group->standing(service.name);
    failed = failed || standing == ReleaseGroup::Standing::failed;
    if (standing != ReleaseGroup::Standing::skipped) continue;
    PENSTOCK_TRY(const std::optional<RolloutRecord> member, rollout_of(service.name, RolloutFacts::Kind::deploy));
    if (!member || member->summary.ended) continue;
    RolloutTransition transition;
    transition.rollout = member->id;
    transition.expected_version = member->version;
    transition.at = parts.clock.now();
    transition.summary = member->summary;
    transition.summary.phase = "skipped";
    transition.summary.ended = true;
    transition.summary.ended_at = transition.at;
    transition.summary.reason = "never began: " + stored.record.summary.reason;
    PENSTOCK_CHECK(parts.rollouts.commit_rollout(transition));
  }
  RolloutSummary& summary = stored.record.summary;
  summary.ended = true;
  summary.ended_at = parts.clock.now();
  summary.succeeded = group->is_live();
  if (summary.succeeded) summary.promoted_at = summary.ended_at;
  const RolloutPhase phase = summary.succeeded ? RolloutPhase::live
                             : failed          ? RolloutPhase::failed
                                               : RolloutPhase::taken_back;
  summary.phase = to_string(phase);
  if (!summary.succeeded && summary.reason.empty()) {
    summary.reason = aborted ? "aborted by " + aborted->by.name : "not all services are live";
  }
  PENSTOCK_CHECK(commit({}));
  return DeploymentEnd{DeploymentEnd::How::ended, summary};
}

Result<> Deployments::GroupDrive::commit(const std::string& line) {
  RolloutSummary& summary = stored.record.summary;
  const auto is_live = [&](const ServiceSpec& one) {
    return group->standing(one.name) == ReleaseGroup::Standing::live;
  };
  const auto live = std::count_if(spec.services.begin(), spec.services.end(), is_live);
  if (!summary.ended) summary.phase = to_string(RolloutPhase::rolling_out);
  if (!summary.began_at) summary.began_at = parts.clock.now();
  summary.step = std::to_string(live) + " of " + std::to_string(spec.services.size()) + " services live";
  RolloutTransition transition;
  transition.rollout = stored.record.id;
  transition.expected_version = stored.record.version;
  transition.at = parts.clock.now();
  if (!line.empty()) transition.lines.push_back(line);
  stored.state = group->to_json();
  transition.state = stored.state;
  transition.summary = summary;
  transition.inbox_taken = std::exchange(heard, {});
  PENSTOCK_CHECK(parts.rollouts.commit_rollout(transition));
  ++stored.record.version;
  if (!line.empty()) observer.said(transition.at, line);
  return success();
}

}  // namespace penstock
