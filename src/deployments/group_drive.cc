#include "deployments/group_drive.h"

#include <algorithm>
#include <utility>

#include "delivery/ledger.h"
#include "delivery/target.h"
#include "deployments/earlier.h"
#include "deployments/never_begins.h"
#include "deployments/order.h"
#include "environments/json.h"
#include "os/clock.h"
#include "rollout/environment_state.h"

namespace penstock {
namespace {

using What = ReleaseGroup::Command::What;
constexpr size_t kLookedAt = 1'000;

/// How it counts for the others: what never began has left the old release in place.
RolloutPhase phase_of(const RolloutSummary& summary) {
  if (summary.succeeded) return RolloutPhase::live;
  if (!summary.began_at || summary.phase == to_string(RolloutPhase::taken_back)) return RolloutPhase::taken_back;
  return RolloutPhase::failed;
}

std::string words_of(const RolloutRecord& member) {
  const RolloutSummary& summary = member.summary;
  if (summary.succeeded) return member.facts.release_name + " is live";
  if (summary.phase == "superseded") return member.facts.release_name + " " + summary.reason;
  return member.facts.release_name + " " + phase_words(summary) + (summary.reason.empty() ? "" : ": " + summary.reason);
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
      try_all_again();
    });
  }
  waiter.watch(calls.fd(), [&] { calls.carry_out(); });
  auto end = [&]() -> Result<DeploymentEnd> {
    PENSTOCK_CHECK(load());
    return bring();
  }();
  settle();
  waiter.unwatch(calls.fd());
  if (lease->fd() >= 0) waiter.unwatch(lease->fd());
  return end;
}

Result<bool> Deployments::GroupDrive::still_waits() {
  PENSTOCK_TRY(const std::vector<PostedSteering> wishes, parts.rollouts.steering(stored.record.id));
  if (!wishes.empty()) return false;
  for (const auto& [service, one] : resting) {
    if (!one.summary.waits_for_person) continue;
    PENSTOCK_TRY(const StoredRollout member, parts.rollouts.load_rollout(one.rollout));
    PENSTOCK_TRY(const EnvironmentSpec of_member, environment_from_json(member.record.facts.configuration));
    PENSTOCK_TRY(const EnvironmentAccess access, parts.open(of_member, member.record.facts.secret_versions));
    PENSTOCK_TRY(const std::vector<JournalEntry> journal, deployments.refresh(of_member.name, *access.ledger));
    PENSTOCK_TRY(const GateAnswer now, deployments.ask(member, of_member, journal));
    if (now.what != GateAnswer::What::ask_person || now.words != one.summary.waits_for) return false;
  }
  return true;
}

Result<> Deployments::GroupDrive::load() {
  PENSTOCK_TRY(spec, environment_from_json(stored.record.facts.configuration));
  if (!stored.state.empty()) {
    PENSTOCK_TRY(group, ReleaseGroup::from_json(stored.state));
    return success();
  }
  std::vector<GroupMember> members;
  for (const ServiceSpec& service : spec.services) members.push_back({service.name, service.after});
  if (stored.record.facts.kind == RolloutFacts::Kind::rollback) members = in_opposite_order(members);
  PENSTOCK_TRY(group, ReleaseGroup::create(std::move(members), true));
  (void)group->begin();
  return commit({});
}

void Deployments::GroupDrive::wish(const rollout_event::Steered& steered) {
  using Wish = rollout_event::Steered::What;
  if (steered.what == Wish::abort) {
    if (!aborted) aborted = steered;
    return;
  }
  if (under_way.empty()) early.push_back(steered);
  const bool one_pauses =
      std::any_of(under_way.begin(), under_way.end(), [](const auto& one) { return one.second->is_paused(); });
  for (const auto& [service, drive] : under_way) {
    const bool is_meant = steered.what != Wish::go_on || drive->is_paused() || !one_pauses;
    if (is_meant) drive->steer(steered);
  }
}

void Deployments::GroupDrive::leave() {
  for (const auto& [service, drive] : under_way) drive->leave();
}

/// Somebody may have approved, also what asks its gate at this very moment.
void Deployments::GroupDrive::try_all_again() {
  resting.clear();
  for (const auto& [service, drive] : under_way) again.insert(service);
}

Result<> Deployments::GroupDrive::hear() {
  if (!std::exchange(look_into_inbox, false)) return success();
  PENSTOCK_TRY(const std::vector<PostedSteering> inbox, parts.rollouts.steering(stored.record.id));
  for (const PostedSteering& posted : inbox) {
    if (std::find(heard.begin(), heard.end(), posted.id) != heard.end()) continue;
    heard.push_back(posted.id);
    wish(posted.steered);
  }
  return success();
}

Result<DeploymentEnd> Deployments::GroupDrive::bring() {
  PENSTOCK_CHECK(show_waits());
  while (!group->has_ended()) {
    PENSTOCK_CHECK(hear());
    if (aborted && !group->abort().empty()) PENSTOCK_CHECK(commit({}));
    bool wants_more = false;
    if (!deployments.leave_) {
      PENSTOCK_TRY(wants_more, begin_outstanding());
      early.clear();
    }
    if (under_way.empty() && !wants_more) return rest();
    if (!wants_more) waiter.wait(next_try());
    PENSTOCK_CHECK(collect());
  }
  return finish();
}

Result<bool> Deployments::GroupDrive::begin_outstanding() {
  bool wants_more = false;
  for (const Command& command : group->outstanding()) {
    if (const auto found = under_way.find(command.name); found != under_way.end()) {
      if (command.what == What::abort) found->second->abort(abort_wish());
      continue;
    }
    const auto rests = resting.find(command.name);
    if (rests != resting.end() && rests->second.wanted == command.what) continue;
    PENSTOCK_TRY(const bool ended_at_once, begin(command));
    wants_more = wants_more || ended_at_once;
  }
  return wants_more;
}

Result<bool> Deployments::GroupDrive::begin(const Command& command) {
  const bool back = command.what == What::roll_back;
  PENSTOCK_TRY(const std::optional<RolloutRecord> member,
               back ? way_back(command.name) : rollout_of(command.name, RolloutFacts::Kind::deploy));
  if (!member) {
    if (!back) PENSTOCK_CHECK(ended(command.name, RolloutPhase::taken_back, "was never asked for: its request died"));
    return true;
  }
  resting.erase(command.name);
  again.erase(command.name);
  ServiceDrive::Options options{command.name, member->id, stay, {}};
  if (command.what == What::abort) options.wishes.push_back(abort_wish());
  options.wishes.insert(options.wishes.end(), early.begin(), early.end());
  under_way[command.name] = std::make_unique<ServiceDrive>(parts, calls, observer, std::move(options));
  return false;
}

/// Of whoever aborted all of it; else of the release itself, since another service failed.
rollout_event::Steered Deployments::GroupDrive::abort_wish() const {
  if (aborted) return *aborted;
  return {rollout_event::Steered::What::abort, {spec.name, {}, false}, stored.record.summary.reason};
}

Result<> Deployments::GroupDrive::collect() {
  for (auto one = under_way.begin(); one != under_way.end();) {
    const auto& [service, drive] = *one;
    if (!drive->end()) {
      ++one;
      continue;
    }
    const std::string name = service;
    const std::unique_ptr<ServiceDrive> done = std::move(one->second);
    one = under_way.erase(one);
    PENSTOCK_TRY(const StoredRollout after, parts.rollouts.load_rollout(done->rollout()));
    const RolloutSummary& summary = after.record.summary;
    if (summary.ended) {
      PENSTOCK_CHECK(ended(name, phase_of(summary), words_of(after.record), summary.succeeded));
      continue;
    }
    if (!deployments.leave_ && again.contains(name)) continue;
    const std::vector<Command> wanted = group->outstanding();
    const auto own = std::find_if(wanted.begin(), wanted.end(), [&](const Command& each) { return each.name == name; });
    if (own == wanted.end()) return Error{Fault::internal, "nobody wants anything of " + name, {}};
    resting.insert_or_assign(name, Resting{own->what, *done->end(), summary, done->rollout()});
  }
  return success();
}

/// Nobody may be left who calls: what is under way is left as it stands, and waited for.
void Deployments::GroupDrive::settle() {
  leave();
  while (!under_way.empty()) {
    std::erase_if(under_way, [](const auto& one) { return one.second->end().has_value(); });
    if (!under_way.empty()) waiter.wait(std::nullopt);
  }
}

std::optional<Instant> Deployments::GroupDrive::next_try() {
  std::optional<Instant> next;
  std::erase_if(resting, [&](const auto& one) {
    const std::optional<Instant>& due = one.second.summary.due_at;
    if (due && *due > parts.clock.now()) next = next ? std::min(*next, *due) : due;
    return due && *due <= parts.clock.now();
  });
  return next;
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

Result<> Deployments::GroupDrive::ended(const std::string& service, RolloutPhase phase, const std::string& line,
                                        bool was_told) {
  RolloutSummary& summary = stored.record.summary;
  const bool forth = group->standing(service) != ReleaseGroup::Standing::returning;
  if (forth && phase != RolloutPhase::live && summary.reason.empty()) summary.reason = service + ": " + line;
  if (forth && phase == RolloutPhase::failed) summary.reason = service + ": " + line;
  (void)group->ended(service, phase);
  if (aborted) (void)group->abort();
  summary.waits_for.clear();
  summary.waits_for_person = false;
  summary.due_at.reset();
  PENSTOCK_CHECK(commit(service + ": " + line, was_told));
  return show_waits();
}

/// For who draws them: those that nobody drives yet, with what they come after.
Result<> Deployments::GroupDrive::show_waits() {
  for (const GroupMember& member : group->members()) {
    const ReleaseGroup::Standing standing = group->standing(member.name);
    if (standing != ReleaseGroup::Standing::waiting && standing != ReleaseGroup::Standing::skipped) continue;
    PENSTOCK_TRY(const std::optional<RolloutRecord> record, rollout_of(member.name, RolloutFacts::Kind::deploy));
    if (!record) continue;
    RolloutView view;
    if (standing == ReleaseGroup::Standing::skipped) view.phase = RolloutPhase::taken_back;
    for (const std::string& need : member.needs) {
      if (group->standing(need) != ReleaseGroup::Standing::live)
        view.waits_for += (view.waits_for.empty() ? "" : ", ") + need;
    }
    if (!view.waits_for.empty()) view.waits_for += " to be live";
    observer.changed(*record, view);
  }
  return success();
}

/// Nothing goes on by itself now.
Result<DeploymentEnd> Deployments::GroupDrive::rest() {
  std::optional<Error> problem;
  DeploymentEnd::How how = DeploymentEnd::How::left;
  RolloutSummary& summary = stored.record.summary;
  summary.waits_for.clear();
  summary.due_at.reset();
  bool person = false;
  bool all_parked = !resting.empty();
  for (const auto& [service, one] : resting) {
    if (!one.end.ok()) {
      if (!problem) problem = one.end.error();
      all_parked = false;
      continue;
    }
    if (how == DeploymentEnd::How::left) how = one.end->how;
    const RolloutSummary& waits = one.summary;
    all_parked = all_parked && (waits.waits_for_person || waits.due_at);
    person = person || waits.waits_for_person;
    if (waits.due_at) summary.due_at = std::min(summary.due_at.value_or(*waits.due_at), *waits.due_at);
    summary.waits_for += (summary.waits_for.empty() ? "" : "; ") + environment_of(service);
    if (!waits.waits_for.empty()) summary.waits_for += ": " + waits.waits_for;
  }
  summary.waits_for_person = person && all_parked;  // else whoever comes next can go on with some of them
  if (!all_parked) summary.due_at.reset();
  PENSTOCK_CHECK(commit({}));
  if (problem) return *problem;
  if (deployments.leave_) how = DeploymentEnd::How::left;
  return DeploymentEnd{how, summary};
}

/// Those that never began are told so; then all of it ends.
Result<DeploymentEnd> Deployments::GroupDrive::finish() {
  PENSTOCK_CHECK(end_skipped());
  const bool failed = std::any_of(spec.services.begin(), spec.services.end(), [&](const ServiceSpec& service) {
    return group->standing(service.name) == ReleaseGroup::Standing::failed;
  });
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

Result<> Deployments::GroupDrive::end_skipped() {
  for (const ServiceSpec& service : spec.services) {
    if (group->standing(service.name) != ReleaseGroup::Standing::skipped) continue;
    PENSTOCK_TRY(const std::optional<RolloutRecord> member, rollout_of(service.name, RolloutFacts::Kind::deploy));
    if (!member || member->summary.ended) continue;
    PENSTOCK_CHECK(
        end_before_it_began(parts, {*member, {}}, "skipped", "never began: " + stored.record.summary.reason));
  }
  return success();
}

Result<> Deployments::GroupDrive::commit(const std::string& line, bool was_told) {
  RolloutSummary& summary = stored.record.summary;
  const auto is_live = [&](const ServiceSpec& one) {
    return group->standing(one.name) == ReleaseGroup::Standing::live;
  };
  const auto live = std::count_if(spec.services.begin(), spec.services.end(), is_live);
  if (!summary.ended) summary.phase = to_string(RolloutPhase::rolling_out);
  if (!summary.began_at) summary.began_at = parts.clock.now();
  summary.step = std::to_string(live) + " of " + std::to_string(spec.services.size()) + " services live";
  stored.state = group->to_json();
  RolloutTransition transition = next_step(stored, parts.clock.now());
  if (!line.empty()) transition.lines.push_back(line);
  transition.inbox_taken = std::exchange(heard, {});
  PENSTOCK_CHECK(parts.rollouts.commit_rollout(transition));
  ++stored.record.version;
  if (!line.empty() && !was_told) observer.said(transition.at, line);
  return success();
}

}  // namespace penstock
