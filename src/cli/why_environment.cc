#include "cli/why_environment.h"

#include <algorithm>

#include "base/json_writer.h"
#include "base/text_width.h"
#include "cli/answers.h"
#include "cli/delivery_desk.h"
#include "cli/environment_facts.h"
#include "cli/when.h"
#include "environments/approvals.h"
#include "environments/json.h"
#include "os/clock.h"
#include "store/driver_lease.h"

namespace penstock {
namespace {

/// A rollout that has not ended, and what it waits for in lines.
struct Waiting {
  RolloutRecord record;
  std::string state;  ///< `waits for a person`, `is being rolled out`.
  std::vector<std::string> reasons;
  Instant since;
  bool is_frozen = false;  ///< That is what it waits for.
};

/// One that has begun. Its `waits_for` may end with what a person can do about it.
Result<> tell_begun(Project& project, Waiting& waiting) {
  const RolloutSummary& summary = waiting.record.summary;
  waiting.state = "is being rolled out";
  waiting.since = *summary.began_at;
  if (!summary.step.empty()) waiting.reasons.push_back(summary.step);
  if (!summary.waits_for.empty()) {
    const size_t end = summary.waits_for.rfind(": ci ");
    waiting.state = "waits for " + summary.waits_for.substr(0, end);
    if (end != std::string::npos) waiting.reasons.push_back(summary.waits_for.substr(end + 2));
    PENSTOCK_TRY(const std::vector<RolloutLine> story, project.store().lines(waiting.record.id));
    if (!story.empty()) waiting.since = story.back().at;  // nothing happens while it waits
  }
  PENSTOCK_TRY(const bool driven, project.records.rollout_leases->is_driven(waiting.record.id));
  if (!driven && !is_parked(waiting.record)) waiting.reasons.emplace_back("nobody watches it: ci resume");
  return success();
}

/// `"smoke looks good"` of a message; empty for none.
std::string in_quotes(const std::string& message) { return message.empty() ? std::string() : " \"" + message + "\""; }

/// Who has said what about the release.
void tell_approvals(const ApprovalQuestion& question, const std::vector<JournalEntry>& journal,
                    std::vector<std::string>& lines) {
  const ApprovalState approvals = approvals_of(question, journal);
  for (const JournalEntry& entry : approvals.given)
    lines.push_back("approved by " + entry.by.name + " at " + to_clock(entry.at, false) + in_quotes(entry.message));
  for (const JournalEntry& entry : approvals.ignored)
    lines.push_back("doesn't count: " + why_not(question, entry.by).value_or(entry.by.name));
}

/// What holds back a rollout that hasn't begun.
Result<> ask_gate_of(Project& project, DeliveryDesk& desk, const std::vector<JournalEntry>& journal, Waiting& waiting) {
  const RolloutFacts& facts = waiting.record.facts;
  const std::string& phase = waiting.record.summary.phase;
  if (facts.release.empty() || (facts.group != 0 && phase == RolloutSummary().phase)) {
    waiting.state = "waits for its turn";  // of several services: each has a gate of its own
    if (facts.group != 0) waiting.reasons.push_back("part of rollout " + std::to_string(facts.group));
    return success();
  }
  PENSTOCK_TRY(const StoredRollout stored, project.store().load_rollout(waiting.record.id));
  PENSTOCK_TRY(const EnvironmentSpec spec, environment_from_json(waiting.record.facts.configuration));
  PENSTOCK_TRY(const GateAnswer answer, desk.deployments().ask(stored, spec, journal));
  using What = GateAnswer::What;
  const std::string& held = waiting.record.summary.waits_for;  // by another clone: its gate is open
  const bool is_held = answer.what == What::go && !held.empty();
  waiting.state = is_held                             ? "waits in line"
                  : answer.what == What::ask_person   ? "waits for a person"
                  : answer.what == What::wait_until   ? "waits for its time"
                  : answer.what == What::wait_in_line ? "waits in line"
                  : answer.what == What::go           ? "may begin"
                                                      : "will not begin";
  waiting.is_frozen = answer.what == What::wait_until;
  if (is_held) waiting.reasons.push_back("for " + held);
  const bool waits = answer.what == What::wait_until || answer.what == What::wait_in_line;
  if (!answer.words.empty()) waiting.reasons.push_back((waits ? "for " : "") + answer.words);
  if (answer.what == What::go && !is_held) {
    PENSTOCK_TRY(const bool driven, project.records.rollout_leases->is_driven(waiting.record.id));
    if (!driven) waiting.reasons.emplace_back("nobody drives it: ci watch does");
  }
  if (!answer.help.empty()) waiting.reasons.push_back(answer.help);
  PENSTOCK_TRY(const std::optional<Release> release, project.store().release(waiting.record.facts.release));
  if (!release || spec.approvals.required == 0) return success();
  const EnvironmentsFile no_groups;  // the rule names people (Deployments::request)
  tell_approvals({no_groups, spec.approvals, *release, waiting.record.facts.who, {}}, journal, waiting.reasons);
  return success();
}

Result<std::vector<Waiting>> waiting_in(Project& project, const World& world, const std::string& environment) {
  std::vector<Waiting> all;
  PENSTOCK_TRY(std::vector<RolloutRecord> open, project.store().open_rollouts());
  std::erase_if(open, [&](const RolloutRecord& record) { return record.facts.environment != environment; });
  if (open.empty()) return all;
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(project, world));
  PENSTOCK_TRY(const std::vector<JournalEntry> journal, known_journal(project, environment));
  for (RolloutRecord& record : open) {
    const Instant created = record.created_at;
    Waiting waiting{std::move(record), {}, {}, created, false};
    if (waiting.record.summary.began_at) {
      PENSTOCK_CHECK(tell_begun(project, waiting));
    } else {
      PENSTOCK_CHECK(ask_gate_of(project, *desk, journal, waiting));
    }
    all.push_back(std::move(waiting));
  }
  return all;
}

std::string text_of(const EnvironmentFacts& facts, const std::vector<Waiting>& all, Instant now) {
  std::string text;
  for (const Waiting& waiting : all) {
    text += printable(waiting.record.facts.release_name) + " " + waiting.state + " since " +
            to_clock(waiting.since, false) + " (" + to_words(now - waiting.since) + ", rollout " +
            std::to_string(waiting.record.id) + ")\n";
    for (const std::string& reason : waiting.reasons) text += "  " + printable(reason) + "\n";
  }
  if (all.empty() && facts.asks.empty()) {
    text = printable(facts.name) + " waits for nothing";
    if (facts.live) text += ": " + printable(facts.live->name) + " is live since " + to_when(facts.live->since, now);
    text += "\n";
  }
  // What would hold up the next one.
  EnvironmentFacts rest = facts;
  rest.under_way.reset();
  if (std::any_of(all.begin(), all.end(), [](const Waiting& one) { return one.is_frozen; })) rest.freeze.reset();
  if (const std::string note = note_of(rest, now); !note.empty())
    text += (text.empty() ? "" : "  ") + printable(note) + "\n";
  return text;
}

std::string json_of(const EnvironmentFacts& facts, const std::vector<Waiting>& all, Instant now) {
  std::string text;
  JsonWriter json(text, 2);
  json.begin_object().member("environment", facts.name).key("rollouts").begin_array();
  for (const Waiting& waiting : all) {
    json.begin_object().member("rollout", waiting.record.id).member("name", waiting.record.facts.release_name);
    json.member("state", waiting.state).member("created_at", to_iso8601(waiting.record.created_at));
    json.key("reasons").begin_array();
    for (const std::string& reason : waiting.reasons) json.value(reason);
    json.end_array().end_object();
  }
  json.end_array();
  EnvironmentFacts rest = facts;
  rest.under_way.reset();
  json.optional("note", note_of(rest, now)).end_object();
  return text + "\n";
}

}  // namespace

bool is_environment(Project& project, const World& world, const std::string& name) {
  const auto declared = declared_environments(project, world);
  return declared.ok() && environment_facts(project, world, *declared, name).ok();
}

Result<bool> has_open_rollout(Project& project, const std::string& environment) {
  PENSTOCK_TRY(const std::vector<RolloutRecord> open, project.store().open_rollouts());
  return std::any_of(open.begin(), open.end(),
                     [&](const RolloutRecord& record) { return record.facts.environment == environment; });
}

Result<std::vector<std::string>> approvals_of_job(Project& project, const World& world, const StoredRun& run,
                                                  size_t index) {
  std::vector<std::string> lines;
  if (!run.run.job(index).rollout) return lines;
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(project, world));
  DeclaredOnce file;
  PENSTOCK_TRY(const std::optional<JobAtGate> gate, gate_with_approvals(*desk, run, index, file));
  if (!gate) return lines;
  PENSTOCK_TRY(const std::vector<JournalEntry> journal, known_journal(project, gate->spec.name));
  const ApprovalQuestion question{*file, gate->spec.approvals, gate->release, run.header.facts.who, {}};
  lines.push_back(to_words(approvals_of(question, journal), gate->spec.approvals));
  tell_approvals(question, journal, lines);
  return lines;
}

Result<int> why_environment(Project& project, const World& world, const std::string& name, bool json) {
  PENSTOCK_TRY(const auto declared, declared_environments(project, world));
  PENSTOCK_TRY(const EnvironmentFacts facts, environment_facts(project, world, declared, name));
  PENSTOCK_TRY(const std::vector<Waiting> all, waiting_in(project, world, name));
  const Instant now = world.clock.now();
  world.outputs.out.write(json ? json_of(facts, all, now) : text_of(facts, all, now));
  return static_cast<int>(kPassed);
}

}  // namespace penstock
