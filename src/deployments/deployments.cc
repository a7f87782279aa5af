#include "deployments/deployments.h"

#include <algorithm>
#include <set>
#include <utility>

#include "calendar/freeze_calendar.h"
#include "delivery/ledger.h"
#include "delivery/target.h"
#include "deployments/drive.h"
#include "deployments/group_drive.h"
#include "deployments/order.h"
#include "environments/json.h"
#include "os/clock.h"
#include "rollout/environment_state.h"

namespace penstock {
namespace {

/// The rule with people in place of groups: what counts later is what was declared when it was asked for.
ApprovalRule with_people(ApprovalRule rule, const std::map<std::string, std::vector<std::string>>& groups) {
  std::vector<std::string> people;
  for (const std::string& word : rule.from) {
    const auto group = groups.find(word);
    if (group == groups.end()) {
      people.push_back(word);
    } else {
      people.insert(people.end(), group->second.begin(), group->second.end());
    }
  }
  rule.from = std::move(people);
  return rule;
}

/// Whether it can make the gate refuse what waited there.
bool ends_what_waits(const JournalEntry& entry) {
  using What = JournalEntry::What;
  return entry.what == What::promoted || entry.what == What::rolled_back || entry.what == What::pinned;
}

}  // namespace

EnvironmentAccess::EnvironmentAccess() = default;
EnvironmentAccess::EnvironmentAccess(EnvironmentAccess&&) noexcept = default;
EnvironmentAccess& EnvironmentAccess::operator=(EnvironmentAccess&& other) noexcept {
  target = std::move(other.target);  // the old target goes before its ledger
  ledger = std::move(other.ledger);
  return *this;
}
EnvironmentAccess::~EnvironmentAccess() = default;

Deployments::Deployments(DeploymentParts parts) : parts_(std::move(parts)) {}
Deployments::~Deployments() = default;

Result<StoredRollout> Deployments::request(const DeploymentRequest& request) {
  if (Release release = request.release; !release.id.empty()) {
    PENSTOCK_TRY(const std::optional<Release> known, parts_.releases.release(release.id));
    if (known) {
      release.dependencies = known->dependencies;  // resolved once
      release.built_at = std::min(release.built_at, known->built_at);
    }
    PENSTOCK_CHECK(parts_.releases.keep_release(release));
  }
  EnvironmentSpec spec = request.environment;
  spec.approvals = with_people(std::move(spec.approvals), request.groups);
  RolloutFacts facts;
  facts.kind = request.kind;
  facts.environment = spec.name;
  facts.release = request.release.id;
  facts.release_name = request.release.name;
  facts.group = request.group;
  facts.commit = request.release.commit;
  facts.run = request.run;
  facts.job = request.job;
  facts.who = request.who;
  facts.message = request.message;
  facts.override_freeze = request.override_freeze;
  facts.force = request.force;
  facts.configuration = to_json(spec);
  facts.configuration_digest = to_hex(sha256(facts.configuration));
  facts.secret_versions = request.secret_versions;
  return parts_.rollouts.create_rollout(facts, {}, parts_.clock.now());
}

Result<StoredRollout> Deployments::request_group(const DeploymentRequest& whole,
                                                 std::vector<DeploymentRequest> services) {
  DeploymentRequest request_of_all = whole;
  request_of_all.release = Release();
  std::set<std::string> names;
  for (const DeploymentRequest& service : services) {
    if (names.insert(service.release.name).second)
      request_of_all.release.name += (names.size() == 1 ? "" : ", ") + service.release.name;
    request_of_all.release.commit = service.release.commit;
  }
  PENSTOCK_TRY(StoredRollout all, request(request_of_all));
  for (DeploymentRequest& service : services) {
    service.group = all.record.id;
    PENSTOCK_CHECK(request(service));
  }
  return all;
}

Result<DeploymentEnd> Deployments::drive(int64_t rollout, Waiter& waiter, RolloutObserver& observer, bool stay) {
  leave_ = false;
  PENSTOCK_TRY(const StoredRollout stored, parts_.rollouts.load_rollout(rollout));
  if (stored.record.facts.release.empty()) return drive_group(rollout, waiter, observer, stay);
  if (const int64_t group = driven_as(stored.record); group != rollout)
    return drive_group(group, waiter, observer, stay);
  return drive_one(rollout, waiter, observer, stay, {});
}

Result<DeploymentEnd> Deployments::drive_one(int64_t rollout, Waiter& waiter, RolloutObserver& observer, bool stay,
                                             std::vector<rollout_event::Steered> wishes) {
  Drive drive(*this, waiter, observer, stay);
  drive.steered = std::move(wishes);
  driving_ = &drive;
  auto end = drive.run(rollout);
  driving_ = nullptr;
  return end;
}

Result<DeploymentEnd> Deployments::drive_group(int64_t rollout, Waiter& waiter, RolloutObserver& observer, bool stay) {
  for (;;) {
    GroupDrive drive(*this, waiter, observer, stay);
    grouping_ = &drive;
    auto end = drive.run(rollout);
    grouping_ = nullptr;
    if (!end.ok() || end->how != DeploymentEnd::How::parked || leave_) return end;
    PENSTOCK_TRY(const bool parks, drive.still_waits());
    if (parks) return end;
  }
}

void Deployments::steer(rollout_event::Steered steered) {
  if (grouping_ != nullptr) grouping_->wish(steered);
  if (driving_ == nullptr) return;
  if (driving_->driver != nullptr) {
    driving_->driver->steer(std::move(steered));
  } else {
    driving_->steered.push_back(std::move(steered));
  }
}

void Deployments::leave() {
  leave_ = true;
  if (grouping_ != nullptr) grouping_->leave();
  if (driving_ != nullptr && driving_->driver != nullptr) driving_->driver->leave();
}

Result<std::vector<JournalEntry>> Deployments::refresh(const std::string& environment, Ledger& ledger) {
  std::vector<JournalEntry>& journal = journals_[environment];
  PENSTOCK_TRY(const int64_t last, parts_.journals.last_entry(environment));
  if (last != (journal.empty() ? 0 : journal.back().number)) {
    PENSTOCK_TRY(journal, parts_.journals.entries(environment, SIZE_MAX >> 1U));
    std::reverse(journal.begin(), journal.end());
  }
  // The newest known one is asked for again: a target that was made anew has another there, or none.
  PENSTOCK_TRY(std::vector<JournalEntry> fresh, ledger.entries(std::max<int64_t>(last - 1, 0)));
  if (last > 0 && (fresh.empty() || !(fresh.front() == journal.back()))) {
    PENSTOCK_CHECK(parts_.journals.drop_entries(environment));
    journal.clear();
    PENSTOCK_TRY(fresh, ledger.entries(0));
  } else if (last > 0) {
    fresh.erase(fresh.begin());
  }
  if (fresh.empty()) return journal;
  PENSTOCK_CHECK(parts_.journals.keep_entries(environment, fresh));
  journal.insert(journal.end(), fresh.begin(), fresh.end());
  if (std::any_of(fresh.begin(), fresh.end(), ends_what_waits))
    PENSTOCK_CHECK(end_those_that_never_begin(environment, journal, ledger));
  return journal;
}

Result<Release> Deployments::known_release(Ledger& ledger, const std::string& id) {
  return penstock::known_release(parts_, ledger, id);
}

Result<std::vector<JournalEntry>> Deployments::append(const std::string& environment, Ledger& ledger,
                                                      JournalEntry entry) {
  PENSTOCK_TRY(entry.number, ledger.append(entry, 0));
  PENSTOCK_TRY(const int64_t last, parts_.journals.last_entry(environment));
  const auto known = journals_.find(environment);
  const bool is_next = known != journals_.end() && last == entry.number - 1 &&
                       last == (known->second.empty() ? 0 : known->second.back().number);
  if (!is_next) return refresh(environment, ledger);  // others have written, too
  PENSTOCK_CHECK(parts_.journals.keep_entries(environment, {entry}));
  known->second.push_back(std::move(entry));
  return known->second;
}

Result<std::vector<JournalEntry>> Deployments::ask_people(const std::string& environment, Ledger& ledger,
                                                          const Release& release, const Actor& by,
                                                          const std::string& asker) {
  PENSTOCK_TRY(std::vector<JournalEntry> journal, refresh(environment, ledger));
  if (ask_of(environment_state(journal), asker) != nullptr) return journal;
  PENSTOCK_CHECK(ledger.put_manifest(release.id, to_json(release)));
  JournalEntry entry;
  entry.at = parts_.clock.now();
  entry.what = JournalEntry::What::asked;
  entry.by = by;
  entry.rollout = asker;
  return append(environment, ledger, about(release, std::move(entry)));
}

Result<> Deployments::withdraw_ask(const std::string& environment, Ledger& ledger, const std::string& asker,
                                   const std::string& why) {
  PENSTOCK_TRY(const std::vector<JournalEntry> journal, refresh(environment, ledger));
  return withdraw_ask(environment, ledger, asker, why, journal);
}

Result<> Deployments::withdraw_ask(const std::string& environment, Ledger& ledger, const std::string& asker,
                                   const std::string& why, const std::vector<JournalEntry>& journal) {
  const EnvironmentState state = environment_state(journal);
  const JournalEntry* const ask = ask_of(state, asker);
  if (ask == nullptr) return success();
  JournalEntry entry = *ask;
  entry.what = JournalEntry::What::withdrawn;
  entry.message = why;
  entry.at = parts_.clock.now();
  PENSTOCK_CHECK(append(environment, ledger, std::move(entry)));
  return success();
}

std::string Deployments::name_in_journal(const RolloutRecord& record) const { return rollout_name(parts_, record); }

/// Why one that is under way doesn't go on by itself; empty where it does.
Result<std::string> Deployments::what_holds(const RolloutRecord& under_way) {
  for (const int64_t id : {under_way.id, under_way.facts.group}) {
    if (id == 0) continue;
    PENSTOCK_TRY(const bool driven, parts_.leases.is_driven(id));
    if (!driven) continue;
    const std::string& waits_for = under_way.summary.waits_for;
    return waits_for.empty() ? std::string() : "waits for " + waits_for;
  }
  return std::string("nobody drives: ci resume");
}

Result<GateAnswer> Deployments::ask(const StoredRollout& rollout, const EnvironmentSpec& spec,
                                    const std::vector<JournalEntry>& journal) {
  const RolloutFacts& facts = rollout.record.facts;
  PENSTOCK_TRY(const FreezeCalendar freezes, FreezeCalendar::create(spec.freezes, parts_.zones));
  PENSTOCK_TRY(const std::optional<Release> release, parts_.releases.release(facts.release));
  if (!release) return Error{Fault::machine, "the release " + facts.release_name + " isn't known here any more", {}};
  const EnvironmentsFile no_groups;  // the rule names people (request)
  GateQuestion question{facts.environment,
                        {no_groups, spec.approvals, *release, facts.who, rollout_name(parts_, rollout.record)},
                        spec.queue,
                        journal,
                        freezes};
  question.now = parts_.clock.now();
  question.id = rollout.record.id;
  question.rollback = facts.kind != RolloutFacts::Kind::deploy;
  question.force = facts.force;
  question.override_freeze = !facts.override_freeze.empty();
  question.waited = rollout.record.summary.phase == "waiting";
  const EnvironmentState state = environment_state(journal);
  if (state.live && state.live->commit != facts.commit) {
    PENSTOCK_TRY(question.older_than_live, parts_.is_ancestor(facts.commit, state.live->commit));
  }
  PENSTOCK_TRY(const std::vector<RolloutRecord> open, parts_.rollouts.open_rollouts());
  for (const RolloutRecord& other : open) {
    if (other.id == rollout.record.id || other.facts.environment != facts.environment) continue;
    const bool begun = other.summary.began_at.has_value();
    const bool only_in_line = !begun && !is_parked(other);
    if (only_in_line) {
      PENSTOCK_TRY(const bool driven, parts_.leases.is_driven(other.id));
      if (!driven) continue;  // its ci died or was told not to wait: nobody would bring it to the front
    }
    std::string held_by;
    if (begun) {
      PENSTOCK_TRY(held_by, what_holds(other));
    }
    question.others.push_back({other.id, other.facts.release_name, other.facts.who.name, begun, only_in_line, held_by});
  }
  return ask_gate(question);
}

}  // namespace penstock
