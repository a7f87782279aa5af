#include "deployments/drive.h"

#include <algorithm>
#include <utility>

#include "delivery/delivery.h"
#include "delivery/ledger.h"
#include "delivery/target.h"
#include "deployments/never_begins.h"
#include "deployments/order.h"
#include "environments/json.h"
#include "os/clock.h"
#include "rollout/environment_state.h"

namespace penstock {
namespace {

constexpr Duration kAskAgain = std::chrono::seconds(2);
constexpr Duration kSoon = std::chrono::seconds(30);  ///< As runs wait for delayed jobs.

}  // namespace

Result<DeploymentEnd> Deployments::Drive::run(int64_t rollout) {
  PENSTOCK_TRY(stored, parts.rollouts.load_rollout(rollout));
  const RolloutSummary& now = stored.record.summary;
  const bool retires = now.due_at && *now.due_at <= parts.clock.now();  // the old instances that it kept
  if (now.ended && !retires) return DeploymentEnd{DeploymentEnd::How::ended, now};
  if (stored.state.empty() && !now.began_at) {
    PENSTOCK_TRY(const std::optional<DeploymentEnd> aborted, end_if_aborted());
    if (aborted) return *aborted;
  }
  auto end = bring();
  // It must not stand in line for ever: what failed before it waited for anything ends, and nothing was touched.
  if (!end.ok() && stored.state.empty() && (passed_gate || stored.record.summary.phase == RolloutSummary().phase)) {
    (void)end_before_it_began(parts, stored, to_string(RolloutPhase::failed), end.error().message).ok();
  }
  return end;
}

Result<DeploymentEnd> Deployments::Drive::bring() {
  PENSTOCK_TRY(spec, environment_from_json(stored.record.facts.configuration));
  PENSTOCK_TRY(freezes, FreezeCalendar::create(spec.freezes, parts.zones));
  PENSTOCK_TRY(access, parts.open(spec, stored.record.facts.secret_versions));
  news.emplace(observer, spec, parts.secret);
  news->follow(stored.record);
  for (;;) {
    if (deployments.leave_) return DeploymentEnd{DeploymentEnd::How::left, stored.record.summary};
    passed_gate = false;
    if (!stored.state.empty()) {
      PENSTOCK_TRY(const std::optional<DeploymentEnd> lost, look_into_journal());
      if (lost) return *lost;
    }
    if (stored.state.empty()) {
      PENSTOCK_TRY(const std::optional<DeploymentEnd> stopped, pass_gate());
      if (stopped) return *stopped;
    }
    passed_gate = true;
    PENSTOCK_TRY(const std::optional<DeploymentEnd> end, roll_out());
    if (end) return *end;
    PENSTOCK_TRY(stored, parts.rollouts.load_rollout(stored.record.id));
  }
}

/// What became of the environment since this rollout was left. Where another one began since, what stands is that
/// one's, and nothing may be touched. Where the journal doesn't know that ours began, it has touched nothing: it begins
/// anew.
Result<std::optional<DeploymentEnd>> Deployments::Drive::look_into_journal() {
  PENSTOCK_TRY(journal, deployments.refresh(spec.name, *access.ledger));
  const std::string own = rollout_name(parts, stored.record);
  const auto is_own = [&](const JournalEntry& entry) { return is_step_of(entry, own); };
  const auto first = std::find_if(journal.begin(), journal.end(), is_own);
  const auto other = std::find_if(first, journal.end(), [&](const JournalEntry& entry) {
    return entry.what == JournalEntry::What::started && !is_own(entry);
  });
  if (first != journal.end() && other == journal.end()) return std::optional<DeploymentEnd>();
  PENSTOCK_TRY(const std::unique_ptr<DriverLease> lease, parts.leases.try_acquire(stored.record.id));
  if (!lease) return std::optional<DeploymentEnd>();  // who drives it finds out
  if (stored.record.summary.ended) {
    RolloutSummary nothing_kept = stored.record.summary;
    nothing_kept.due_at.reset();
    PENSTOCK_CHECK(note(nothing_kept, {}));
    return std::optional(DeploymentEnd{DeploymentEnd::How::ended, nothing_kept});
  }
  if (first == journal.end()) {
    stored.state.clear();
    PENSTOCK_CHECK(note(stored.record.summary, {}));
    return std::optional<DeploymentEnd>();
  }
  PENSTOCK_TRY(Rollout rollout, Rollout::from_json(stored.state));
  const Instant now = parts.clock.now();
  PENSTOCK_CHECK(rollout.apply({now, rollout_event::LeaseLost{other->by.name + " (" + other->name + ")"}}));
  stored.state = rollout.to_json();
  const RolloutSummary summary = summarize(rollout.view(), stored.record.summary, now);
  PENSTOCK_CHECK(note(summary, summary.reason));
  return std::optional(DeploymentEnd{DeploymentEnd::How::ended, summary});
}

/// What its target says doesn't matter then: that may be out of reach.
Result<std::optional<DeploymentEnd>> Deployments::Drive::end_if_aborted() {
  PENSTOCK_TRY(const std::unique_ptr<DriverLease> lease, parts.leases.try_acquire(stored.record.id));
  if (!lease) return std::optional<DeploymentEnd>();  // who drives it finds out
  PENSTOCK_TRY(stored, parts.rollouts.load_rollout(stored.record.id));
  PENSTOCK_TRY(const std::optional<GateAnswer> aborted, abort_wish());
  if (!aborted || stored.record.summary.ended || !stored.state.empty()) return std::optional<DeploymentEnd>();
  return end_at_gate(*aborted);
}

Result<std::optional<DeploymentEnd>> Deployments::Drive::pass_gate() {
  for (;;) {
    if (deployments.leave_) return std::optional(DeploymentEnd{DeploymentEnd::How::left, stored.record.summary});
    PENSTOCK_TRY(std::unique_ptr<DriverLease> lease, parts.leases.try_acquire(stored.record.id));
    if (!lease) {
      parts.leases.wake(stored.record.id);
      return std::optional(DeploymentEnd{DeploymentEnd::How::elsewhere, stored.record.summary});
    }
    PENSTOCK_TRY(stored, parts.rollouts.load_rollout(stored.record.id));
    if (stored.record.summary.ended)
      return std::optional(DeploymentEnd{DeploymentEnd::How::ended, stored.record.summary});
    if (!stored.state.empty()) return std::optional<DeploymentEnd>();  // it began in between
    PENSTOCK_TRY(journal, deployments.refresh(spec.name, *access.ledger));
    PENSTOCK_TRY(const std::optional<GateAnswer> aborted, abort_wish());
    if (aborted) return end_at_gate(*aborted);
    PENSTOCK_TRY(const GateAnswer answer, deployments.ask(stored, spec, journal));
    if (is_final(answer)) return end_at_gate(answer);
    if (answer.what == GateAnswer::What::go) {
      PENSTOCK_CHECK(begin());
      return std::optional<DeploymentEnd>();
    }
    PENSTOCK_TRY(const std::optional<DeploymentEnd> parked, wait(answer, *lease));
    if (!parked) continue;
    lease.reset();
    PENSTOCK_TRY(const bool parks, still_waits(answer));
    if (parks || deployments.leave_) return parked;
  }
}

/// Somebody's wish, here or left by another process, that it never begins. Other wishes are the driver's to hear.
Result<std::optional<GateAnswer>> Deployments::Drive::abort_wish() {
  PENSTOCK_TRY(const std::vector<PostedSteering> posted, parts.rollouts.steering(stored.record.id));
  std::vector<rollout_event::Steered> wishes = steered;
  for (const PostedSteering& wish : posted) wishes.push_back(wish.steered);
  for (const rollout_event::Steered& wish : wishes) {
    if (std::optional<GateAnswer> aborted = answer_to(wish)) return aborted;
  }
  return std::optional<GateAnswer>();
}

/// Whether it parks. Who approved while this was its driver has left it to us: looked at once more, now that the next
/// one will find that nobody drives it.
Result<bool> Deployments::Drive::still_waits(const GateAnswer& answer) {
  PENSTOCK_TRY(const std::optional<GateAnswer> aborted, abort_wish());
  if (aborted) return false;
  PENSTOCK_TRY(journal, deployments.refresh(spec.name, *access.ledger));
  PENSTOCK_TRY(const GateAnswer now, deployments.ask(stored, spec, journal));
  return now.what == answer.what && now.words == answer.words;
}

/// Records what it waits for; parks it, or sleeps until it is worth asking again.
Result<std::optional<DeploymentEnd>> Deployments::Drive::wait(const GateAnswer& answer, DriverLease& lease) {
  RolloutSummary summary = stored.record.summary;
  summary.phase = "waiting";
  summary.waits_for = answer.words;
  summary.waits_for_person = answer.what == GateAnswer::What::ask_person;
  summary.due_at = answer.due;
  if (!(summary == stored.record.summary)) {
    PENSTOCK_CHECK(note(summary, "waits for " + answer.words));
    if (spec.queue == EnvironmentQueue::newest_only) PENSTOCK_CHECK(tell_superseded());
  }
  show_wait(summary.waits_for);
  if (summary.waits_for_person) {
    PENSTOCK_TRY(const Release release, penstock::known_release(parts, *access.ledger, stored.record.facts.release));
    PENSTOCK_CHECK(deployments.ask_people(spec.name, *access.ledger, release, stored.record.facts.who,
                                          rollout_name(parts, stored.record)));
    news->waits(stored.record, summary.waits_for, parts.clock.now());
  }
  const bool far = answer.due ? *answer.due > parts.clock.now() + kSoon : answer.what == GateAnswer::What::wait_until;
  if (!stay || summary.waits_for_person || far)
    return std::optional(DeploymentEnd{DeploymentEnd::How::parked, summary});
  std::vector<int64_t> others;
  if (answer.what == GateAnswer::What::wait_in_line) {
    PENSTOCK_TRY(const std::vector<RolloutRecord> open, parts.rollouts.open_rollouts());
    for (const RolloutRecord& other : open) {
      if (other.id != stored.record.id && other.facts.environment == spec.name) others.push_back(other.id);
    }
  }
  sleep_until(answer.due, &lease, others);
  return std::optional<DeploymentEnd>();
}

/// Those that wait here since before us would else hear only when the one under way ends, which may wait for a person.
Result<> Deployments::Drive::tell_superseded() {
  PENSTOCK_CHECK(deployments.end_those_that_never_begin(spec.name, journal, *access.ledger));
  PENSTOCK_TRY(const std::vector<RolloutRecord> open, parts.rollouts.open_rollouts());
  for (const RolloutRecord& other : open) {
    const bool older = other.id < stored.record.id && other.facts.environment == spec.name;
    if (older && !other.summary.began_at) parts.leases.wake(other.id);
  }
  return success();
}

/// What is live now is what it goes over, whatever was live when it was asked for.
Result<> Deployments::Drive::begin() {
  const EnvironmentState state = environment_state(journal);
  RolloutFacts facts = stored.record.facts;
  facts.from = state.live ? state.live->release : std::string();
  facts.from_name = state.live ? state.live->name : std::string();
  if (!(facts == stored.record.facts)) PENSTOCK_CHECK(parts.rollouts.set_facts(stored.record.id, facts));
  stored.record.facts = std::move(facts);
  return success();
}

/// For who draws it: there is no machine yet that could tell. One that had begun keeps what was drawn.
void Deployments::Drive::show_wait(const std::string& words) {
  if (!stored.state.empty()) return;
  RolloutView view;
  view.waits_for = words;
  observer.changed(stored.record, view);
}

Result<> Deployments::Drive::note(const RolloutSummary& summary, const std::string& line) {
  RolloutTransition transition = next_step(stored, parts.clock.now());
  if (!line.empty()) transition.lines.push_back(line);
  transition.summary = summary;
  PENSTOCK_CHECK(parts.rollouts.commit_rollout(transition));
  ++stored.record.version;
  stored.record.summary = summary;
  if (!line.empty()) observer.said(transition.at, line);
  return success();
}

/// Whoever asked is told by the summary.
Result<std::optional<DeploymentEnd>> Deployments::Drive::end_at_gate(const GateAnswer& answer) {
  PENSTOCK_TRY(RolloutSummary summary, penstock::end_at_gate(parts, stored, answer));
  withdraw();
  return std::optional(DeploymentEnd{DeploymentEnd::How::ended, std::move(summary)});
}

/// It has ended, whether the environment can be reached or not: then its question just stays there, as it does once
/// people have agreed and it waits for something else.
void Deployments::Drive::withdraw() {
  const auto declared = environment_from_json(stored.record.facts.configuration);
  if (!declared.ok() || declared->approvals.required == 0) return;
  if (!access.ledger) {
    auto opened = parts.open(*declared, stored.record.facts.secret_versions);
    if (!opened.ok()) return;
    access = *std::move(opened);
  }
  (void)deployments.withdraw_ask(declared->name, *access.ledger, rollout_name(parts, stored.record)).ok();
}

/// Drives the rollout. Nothing where another machine had the environment, and it is worth trying again.
Result<std::optional<DeploymentEnd>> Deployments::Drive::roll_out() {
  const RolloutFacts& facts = stored.record.facts;
  PENSTOCK_TRY(Release release, penstock::known_release(parts, *access.ledger, facts.release));
  PENSTOCK_TRY(release, with_dependencies(parts, *access.target, spec, std::move(release)));
  std::vector<Release> releases = {std::move(release)};
  if (!facts.from.empty() && facts.from != facts.release) {
    auto from = penstock::known_release(parts, *access.ledger, facts.from);
    if (from.ok()) releases.push_back(*std::move(from));  // else its hosts have what they need
  }
  PENSTOCK_CHECK(access.ledger->put_manifest(facts.release, to_json(releases.front())));
  PENSTOCK_CHECK(access.ledger->put_note("configuration-" + facts.configuration_digest, facts.configuration, 0));
  DeliveryOrder order = delivery_order(parts, stored, spec, journal, std::move(releases));
  const bool freezes_hold = facts.override_freeze.empty() && facts.kind == RolloutFacts::Kind::deploy;
  if (deployments.leave_) return std::optional(DeploymentEnd{DeploymentEnd::How::left, stored.record.summary});
  RolloutDriver rollout_driver({.store = parts.rollouts,
                                .leases = parts.leases,
                                .waiter = waiter,
                                .clock = parts.clock,
                                .observer = *news,
                                .freezes = freezes_hold ? &*freezes : nullptr,
                                .before_end = [&] { (void)deployments.refresh(spec.name, *access.ledger); }});
  driver = &rollout_driver;
  for (rollout_event::Steered& wish : std::exchange(steered, {})) rollout_driver.steer(std::move(wish));
  auto end = rollout_driver.drive(stored.record.id, spec.rollout, [&](const StoredRollout&) {
    return Result<std::unique_ptr<Deliverer>>(
        make_deliverer({*access.target, *access.ledger, parts.blobs, parts.clock}, order));
  });
  driver = nullptr;
  if (!end.ok()) return end.error();
  if (end->how == RolloutEnd::How::ended) return std::optional(DeploymentEnd{DeploymentEnd::How::ended, end->summary});
  const auto written = deployments.refresh(spec.name, *access.ledger);  // what was just written is worth having
  switch (end->how) {
    case RolloutEnd::How::elsewhere:
      return std::optional(DeploymentEnd{DeploymentEnd::How::elsewhere, end->summary});
    case RolloutEnd::How::left:
      return std::optional(DeploymentEnd{DeploymentEnd::How::left, end->summary});
    case RolloutEnd::How::ended:
    case RolloutEnd::How::held:
      break;
  }
  PENSTOCK_TRY(stored, parts.rollouts.load_rollout(stored.record.id));
  if (stored.record.summary.ended)  // what it kept is looked at again when the environment is free
    return std::optional(DeploymentEnd{DeploymentEnd::How::ended, stored.record.summary});
  // Something happened there between the gate and the lease: asked again at once.
  if (written.ok() && !(*written == journal)) return std::optional<DeploymentEnd>();
  RolloutSummary summary = stored.record.summary;
  summary.waits_for = end->holder + " to let " + spec.name + " go";
  if (stored.state.empty()) summary.phase = "waiting";
  if (!(summary == stored.record.summary)) PENSTOCK_CHECK(note(summary, "waits for " + summary.waits_for));
  show_wait(summary.waits_for);
  if (!stay) return std::optional(DeploymentEnd{DeploymentEnd::How::parked, summary});
  sleep_until(parts.clock.now() + kAskAgain, nullptr, {});  // a folder on another machine tells nobody when it changes
  return std::optional<DeploymentEnd>();
}

/// Until that moment, or until one of these rollouts has lost its driver, or somebody has woken us.
void Deployments::Drive::sleep_until(std::optional<Instant> until, DriverLease* lease,
                                     const std::vector<int64_t>& others) {
  std::vector<os::UniqueFd> gone;
  for (const int64_t other : others) {
    auto fd = parts.leases.watch_driver(other);
    if (!fd.ok()) continue;
    if (fd->get() < 0) {  // parked: nobody will tell
      const Instant again = parts.clock.now() + kAskAgain;
      until = until ? std::min(*until, again) : again;
      continue;
    }
    waiter.watch(fd->get(), [] {});
    gone.push_back(*std::move(fd));
  }
  const int wakes = lease != nullptr ? lease->fd() : -1;
  if (wakes >= 0) waiter.watch(wakes, [lease] { lease->take_wakes(); });
  waiter.wait(until);
  if (wakes >= 0) waiter.unwatch(wakes);
  for (const os::UniqueFd& fd : gone) waiter.unwatch(fd.get());
}

}  // namespace penstock
