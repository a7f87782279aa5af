#include "cli/environment_facts.h"

#include <algorithm>

#include "base/suggest.h"
#include "base/words.h"
#include "cli/when.h"
#include "environments/approvals.h"
#include "environments/compile.h"
#include "intake/environments.h"
#include "os/clock.h"
#include "os/time_zones.h"

namespace penstock {
namespace {

constexpr size_t kRecords = 100;

void add_name(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

/// The last one of a job's deployments that passed and that nothing stopped since.
std::optional<LiveThere> deployed_by_job(const std::vector<EnvironmentRecord>& records) {
  for (const EnvironmentRecord& record : records) {
    if (!record.passed) continue;
    if (record.action == "stop") return std::nullopt;
    if (record.action != "start") continue;
    return LiveThere{{}, record.job, record.commit, record.at, record.by, record.message, record.run};
  }
  return std::nullopt;
}

std::optional<LiveThere> rolled_out(const EnvironmentState& state) {
  if (!state.live) return std::nullopt;
  const JournalEntry& live = *state.live;
  return LiveThere{live.release, live.name, live.commit, live.at, live.by, live.message, 0};
}

/// How the instances of the live release stood when the newest rollout last looked.
std::optional<EnvironmentFacts::Health> health_of(const std::string& state, const std::string& release) {
  if (state.empty()) return std::nullopt;
  const Result<Rollout> rollout = Rollout::from_json(state);
  if (!rollout) return std::nullopt;
  EnvironmentFacts::Health health;
  for (const InstanceView& view : rollout->view().instances) {
    if (view.instance.release != release || view.instance.group == InstanceGroup::baseline) continue;
    ++health.total;
    if (view.state == InstanceView::State::ready) ++health.ready;
  }
  return health.total == 0 ? std::nullopt : std::optional(health);
}

/// What is live of an environment of several services: where it is the same in all, what they have in common.
Result<std::optional<LiveThere>> live_in_services(Project& project, const EnvironmentSpec& spec) {
  std::optional<LiveThere> all;
  for (const ServiceSpec& service : spec.services) {
    PENSTOCK_TRY(const std::vector<JournalEntry> entries,
                 known_journal(project, service_environment(spec.name, service.name)));
    const std::optional<LiveThere> one = rolled_out(environment_state(entries));
    if (!one) return std::optional<LiveThere>();
    if (!all) {
      all = one;
      continue;
    }
    if (all->name != one->name) all->name += ", " + one->name;
    if (all->commit != one->commit) all->commit.clear();
    all->since = std::max(all->since, one->since);
  }
  if (all) all->release.clear();
  return all;
}

/// One that the journal knows of, and that nobody has rolled out here.
std::optional<JournalEntry> elsewhere(const EnvironmentState& state, const std::vector<RolloutRecord>& ours) {
  if (!state.under_way) return std::nullopt;
  const JournalEntry& entry = *state.under_way;
  const bool is_ours = std::any_of(ours.begin(), ours.end(), [&](const RolloutRecord& one) {
    const RolloutSummary& summary = one.summary;
    const bool then =
        summary.began_at && *summary.began_at <= entry.at && (!summary.ended || entry.at <= *summary.ended_at);
    return then && one.facts.release == entry.release;
  });
  return is_ours ? std::nullopt : state.under_way;
}

Result<> take_rollouts(Project& project, EnvironmentFacts& facts) {
  PENSTOCK_TRY(const std::vector<RolloutRecord> rollouts, project.store().rollouts(facts.name, kRecords));
  facts.elsewhere = elsewhere(facts.state, rollouts);
  if (const RolloutRecord* const open = under_way_of(rollouts)) {
    facts.under_way = *open;
    PENSTOCK_TRY(const bool driven, project.records.rollout_leases->is_driven(open->id));
    if (!driven && !is_parked(*open) && open->summary.began_at) {
      PENSTOCK_TRY(const std::vector<RolloutLine> lines, project.store().lines(open->id));
      facts.unwatched_since = lines.empty() ? *open->summary.began_at : lines.back().at;
    }
  }
  if (!facts.live || facts.live->release.empty()) return success();
  // One that never began (refused, or still in line) has looked at no instance.
  const auto newest = std::find_if(rollouts.begin(), rollouts.end(),
                                   [](const RolloutRecord& one) { return one.summary.began_at.has_value(); });
  if (newest == rollouts.end()) return success();
  // What another clone has rolled out since we don't know.
  const std::optional<Instant> ended = newest->summary.ended_at;
  if (ended && facts.live->since > *ended) return success();
  if (newest->summary.phase == to_string(RolloutPhase::lost)) return success();
  PENSTOCK_TRY(const StoredRollout stored, project.store().load_rollout(newest->id));
  facts.health = health_of(stored.state, facts.live->release);
  return success();
}

/// Whether old instances stand beside what is live now.
Result<> take_kept(Project& project, EnvironmentFacts& facts) {
  PENSTOCK_TRY(const std::vector<RolloutRecord> kept, project.store().kept_rollouts());
  for (const RolloutRecord& record : kept) {
    const bool is_live = facts.live && facts.live->release == record.facts.release;
    if (record.facts.environment == facts.name && is_live) facts.keeps = record;
  }
  return success();
}

/// What waits at its gate, of which only its journal tells.
Result<std::string> ask_words(Project& project, const EnvironmentsFile& file, const EnvironmentFacts& facts,
                              const std::vector<JournalEntry>& journal) {
  const JournalEntry& ask = facts.state.asks.back();
  PENSTOCK_TRY(std::optional<Release> release, project.store().release(ask.release));
  if (!release) {
    release.emplace();
    release->id = ask.release;
    release->commit = ask.commit;
  }
  const ApprovalRule& rule = facts.spec->approvals;
  const ApprovalState state = approvals_of({file, rule, *release, ask.by, ask.rollout}, journal);
  if (!state.open()) return ask.name + " waits for " + to_words(state, rule);
  return ask.name + " is approved, and begins where " + ask.by.name + " asked";
}

std::string under_way_words(const EnvironmentFacts& facts) {
  const RolloutRecord& record = *facts.under_way;
  const RolloutSummary& summary = record.summary;
  std::string text = record.facts.release_name;
  // What to do about it is told by `ci why`: a column has no room for it.
  if (!summary.waits_for.empty())
    return text + " waits for " + summary.waits_for.substr(0, summary.waits_for.find(": "));
  text = "under way: " + text;
  if (!summary.step.empty()) text += ", " + summary.step;
  return text;
}

}  // namespace

const RolloutRecord* under_way_of(const std::vector<RolloutRecord>& newest_first) {
  const RolloutRecord* waiting = nullptr;
  for (const RolloutRecord& one : newest_first) {
    if (one.summary.ended) continue;
    if (one.summary.began_at) return &one;
    if (waiting == nullptr) waiting = &one;
  }
  return waiting;
}

std::vector<JournalEntry> approvals_of_live(const std::vector<JournalEntry>& entries) {
  using What = JournalEntry::What;
  std::vector<JournalEntry> given;  // that no deployment has used up
  std::vector<JournalEntry> of_live;
  for (const JournalEntry& entry : entries) {
    if (entry.what == What::approved) given.push_back(entry);
    const bool is_live = entry.what == What::promoted || entry.what == What::rolled_back;
    if (!is_live && entry.what != What::taken_back) continue;
    const auto others = std::stable_partition(given.begin(), given.end(),
                                              [&](const JournalEntry& one) { return one.release == entry.release; });
    if (is_live) of_live.assign(given.begin(), others);
    given.erase(given.begin(), others);
  }
  return of_live;
}

Result<std::optional<EnvironmentsFile>> declared_environments(const Project& project, const World& world) {
  const Result<std::string> head = project.repository.head();
  if (!head) return std::optional<EnvironmentsFile>();
  PENSTOCK_TRY(std::optional<CompiledEnvironments> compiled, read_environments(project.repository, *head, false));
  if (!compiled) return std::optional<EnvironmentsFile>();
  if (!compiled->file)
    world.outputs.warning(std::string(kEnvironmentsPath) + " has mistakes and is left aside: ci lint -p environments");
  return std::move(compiled->file);
}

Result<std::vector<std::string>> known_environments(Project& project, const std::optional<EnvironmentsFile>& declared) {
  std::vector<std::string> names;
  if (declared) {
    for (const EnvironmentSpec& spec : declared->environments) {
      if (spec.name.find('*') == std::string::npos) names.push_back(spec.name);
    }
  }
  PENSTOCK_TRY(const std::vector<std::string> used, project.store().environments());
  for (const std::string& name : used) add_name(names, name);
  PENSTOCK_TRY(const std::vector<RolloutRecord> rollouts, project.store().rollouts("", kRecords));
  for (const RolloutRecord& record : rollouts) add_name(names, record.facts.environment);
  return names;
}

Result<std::vector<JournalEntry>> known_journal(Project& project, const std::string& environment) {
  constexpr size_t kEntries = 1'000;
  PENSTOCK_TRY(std::vector<JournalEntry> journal, project.store().entries(environment, kEntries));
  std::reverse(journal.begin(), journal.end());
  return journal;
}

Result<EnvironmentFacts> environment_facts(Project& project, const World& world,
                                           const std::optional<EnvironmentsFile>& declared, const std::string& name) {
  EnvironmentFacts facts;
  facts.name = name;
  if (declared) facts.spec = find_environment(*declared, name);
  PENSTOCK_TRY(const std::vector<JournalEntry> entries, known_journal(project, name));
  PENSTOCK_TRY(const std::vector<EnvironmentRecord> records, project.store().history(name, kRecords));
  PENSTOCK_TRY(const std::vector<RolloutRecord> rollouts, project.store().rollouts(name, 1));
  if (!facts.spec && entries.empty() && records.empty() && rollouts.empty()) {
    PENSTOCK_TRY(const std::vector<std::string> names, known_environments(project, declared));
    Error error{Fault::user, "there is no environment " + quoted(name), "see which there are: ci env"};
    if (const auto near = did_you_mean(name, {names.begin(), names.end()}))
      error.help = "did you mean " + quoted(*near) + "?";
    return error;
  }
  facts.state = environment_state(entries);
  facts.live = rolled_out(facts.state);
  if (facts.live) {
    facts.live->approvals = approvals_of_live(entries);
    const std::string& release = facts.live->release;  // what went live last may have been taken back
    std::erase_if(facts.live->approvals, [&](const JournalEntry& one) { return one.release != release; });
  }
  if (facts.spec && !facts.spec->services.empty()) {
    PENSTOCK_TRY(facts.live, live_in_services(project, *facts.spec));
  }
  if (!facts.live) facts.live = deployed_by_job(records);
  PENSTOCK_CHECK(take_rollouts(project, facts));
  PENSTOCK_CHECK(take_kept(project, facts));
  if (facts.spec && !facts.under_way && !facts.state.asks.empty()) {
    PENSTOCK_TRY(facts.asks, ask_words(project, *declared, facts, entries));
  }
  if (facts.spec && !facts.spec->freezes.empty()) {
    os::SystemTimeZones zones;
    PENSTOCK_TRY(const FreezeCalendar calendar, FreezeCalendar::create(facts.spec->freezes, zones));
    facts.freeze = calendar.at(world.clock.now());
  }
  return facts;
}

std::string kept_words(const EnvironmentFacts& facts, Instant now) {
  const RolloutRecord& record = *facts.keeps;
  const Instant until = record.summary.due_at.value_or(now);
  const std::string name = record.facts.from_name.empty() ? "the old release" : record.facts.from_name;
  return until > now ? name + " stands beside it until " + to_later(until, now)
                     : name + " still stands beside it: ci watch stops it";
}

std::string note_of(const EnvironmentFacts& facts, Instant now) {
  std::vector<std::string> notes;
  if (facts.under_way) {
    notes.push_back(under_way_words(facts));
    if (facts.unwatched_since) notes.push_back("unwatched since " + to_clock(*facts.unwatched_since, false));
  }
  if (facts.elsewhere) {
    notes.push_back("under way elsewhere: " + facts.elsewhere->name + " of " + facts.elsewhere->by.name + ", since " +
                    to_clock(facts.elsewhere->at, false));
  }
  if (!facts.asks.empty()) notes.push_back(facts.asks);
  if (facts.state.pin) notes.push_back("pinned to " + facts.state.pin->name);
  if (facts.keeps) notes.push_back(kept_words(facts, now));
  if (facts.freeze) {
    notes.push_back((facts.freeze->until ? "frozen until " + to_later(*facts.freeze->until, now) : "frozen") + " (" +
                    facts.freeze->window + ")");
  }
  if (!facts.state.incidents.empty())
    notes.push_back("incident since " + to_when(facts.state.incidents.front().at, now));
  std::string text;
  for (const std::string& note : notes) text += (text.empty() ? "" : "; ") + note;
  return text;
}

}  // namespace penstock
