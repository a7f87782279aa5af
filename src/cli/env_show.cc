#include <algorithm>
#include <cstdlib>

#include "base/json_writer.h"
#include "base/text_width.h"
#include "cli/env_commands.h"
#include "cli/environment_json.h"
#include "cli/line_text.h"
#include "cli/live_health.h"
#include "cli/record_text.h"
#include "cli/table.h"
#include "cli/when.h"
#include "environments/compile.h"
#include "os/clock.h"

namespace penstock {
namespace {

constexpr size_t kLabel = 11;

/// Facts as lines: a label, then what is to be said.
class Sheet {
 public:
  void line(std::string_view label, const std::string& text) {
    if (!text.empty()) text_ += "  " + pad_right(label, kLabel) + printable(text) + "\n";
  }
  void head(const std::string& text) { text_ += printable(text) + "\n"; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string counted(int count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string target_words(const EnvironmentSpec& spec) {
  if (!spec.services.empty()) {
    std::vector<std::string> names;
    for (const ServiceSpec& service : spec.services) names.push_back(service_environment(spec.name, service.name));
    return "services " + listed(names);
  }
  if (std::holds_alternative<std::monostate>(spec.target)) return "scripts of jobs deploy there";
  std::vector<std::string> hosts;
  for (const HostSlots& slots : spec.rollout.hosts) hosts.push_back(slots.host);
  const auto* machines = std::get_if<HostsTarget>(&spec.target);
  std::string text = machines == nullptr ? "commands" : "hosts " + listed(hosts);
  if (machines != nullptr)
    text += machines->service == HostsTarget::Service::supervisor ? " (supervisor)" : " (systemd)";
  return text + ", " + counted(spec.rollout.instances, "instance");
}

std::string strategy_words(const EnvironmentSpec& spec) {
  if (std::holds_alternative<std::monostate>(spec.target)) return {};
  const Strategy& strategy = spec.rollout.strategy;
  if (std::holds_alternative<strategy::Recreate>(strategy)) return "recreate";
  if (std::holds_alternative<strategy::Rolling>(strategy)) return "rolling";
  if (std::holds_alternative<strategy::BlueGreen>(strategy)) return "blue-green";
  using Step = strategy::CanaryStep;
  std::vector<std::string> steps;
  for (const Step& step : std::get<strategy::Canary>(strategy).steps) {
    if (const auto* weight = std::get_if<Step::Weight>(&step.what))
      steps.push_back(std::to_string(weight->percent) + "%");
    if (const auto* pause = std::get_if<Step::Pause>(&step.what))
      steps.push_back(pause->time ? "pause " + to_words(*pause->time) : "a person");
    if (const auto* analysis = std::get_if<Step::Analysis>(&step.what))
      steps.push_back("analysis " + to_words(analysis->time));
    if (const auto* header = std::get_if<Step::Header>(&step.what))
      steps.push_back("header " + header->route.name + ": " + header->route.value);
  }
  return "canary: " + listed(steps);
}

std::string approval_words(const ApprovalRule& rule) {
  if (rule.required == 0) return {};
  std::string text = counted(rule.required, "approval");
  return rule.from.empty() ? text : text + " of " + listed(rule.from);
}

void tell_declared(Sheet& sheet, const EnvironmentSpec& spec) {
  sheet.line("target", target_words(spec));
  sheet.line("strategy", strategy_words(spec));
  if (const auto* haproxy = std::get_if<HaproxySpec>(&spec.traffic))
    sheet.line("traffic", "haproxy on " + haproxy->host + (haproxy->listen.empty() ? "" : " at " + haproxy->listen));
  if (const auto* command = std::get_if<TrafficCommand>(&spec.traffic)) sheet.line("traffic", command->command);
  sheet.line("gate", approval_words(spec.approvals));
  sheet.line("declared", spec.location.file + ":" + std::to_string(spec.location.line));
}

std::string said(const Actor& by, const std::string& message) {
  return (by.name.empty() ? "" : " by " + by.name) + (message.empty() ? "" : ": " + message);
}

void tell_live(Sheet& sheet, const EnvironmentFacts& facts, const std::optional<LiveHealth>& asked, Instant now) {
  if (!facts.live) return sheet.line("live", "nothing");
  const LiveThere& live = *facts.live;
  std::string text = live.name + " (" + live.commit.substr(0, 7) + ") since " + to_when(live.since, now);
  if (live.run != 0) text += " by run " + std::to_string(live.run);
  sheet.line("live", text + said(live.by, live.message));
  std::string approvals;
  for (const JournalEntry& one : live.approvals) {
    approvals += (approvals.empty() ? "by " : ", ") + one.by.name + " " + to_when(one.at, now);
    if (!one.message.empty()) approvals += " \"" + one.message + "\"";
  }
  if (!approvals.empty()) sheet.line("approved", approvals);
  if (asked && asked->not_reached.empty()) {
    sheet.line("health", std::to_string(asked->ready) + " of " + counted(asked->total, "instance") + " ready");
    for (const auto& [instance, why] : asked->unwell) sheet.line("", instance + ": " + why);
    return;
  }
  if (asked) sheet.line("health", "not reached: " + asked->not_reached);
  if (facts.health) {
    sheet.line(asked ? "" : "health", std::to_string(facts.health->ready) + " of " +
                                          counted(facts.health->total, "instance") + " ready, when last looked at");
  }
}

void tell_state(Sheet& sheet, const EnvironmentFacts& facts, Instant now) {
  if (facts.under_way) {
    const RolloutRecord& record = *facts.under_way;
    std::string text = "rollout " + std::to_string(record.id) + " of " + record.facts.release_name;
    if (!record.summary.step.empty()) text += ", " + record.summary.step;
    if (!record.summary.waits_for.empty()) text += ", waits for " + record.summary.waits_for;
    if (facts.unwatched_since) text += ", unwatched since " + to_clock(*facts.unwatched_since, false) + ": ci resume";
    sheet.line("under way", text);
  }
  if (facts.elsewhere) {
    const JournalEntry& begun = *facts.elsewhere;
    sheet.line("elsewhere",
               begun.name + " is under way since " + to_when(begun.at, now) + said(begun.by, begun.message));
  }
  if (facts.keeps) sheet.line("kept", kept_words(facts, now) + ", for a rollback without a wait");
  if (facts.state.pin) {
    const JournalEntry& pin = *facts.state.pin;
    sheet.line("pinned", "to " + pin.name + " since " + to_when(pin.at, now) + said(pin.by, pin.message));
  }
  if (facts.freeze) {
    sheet.line("frozen", (facts.freeze->until ? "until " + to_later(*facts.freeze->until, now) + " " : std::string()) +
                             "(" + facts.freeze->window + ")");
  }
  for (const JournalEntry& incident : facts.state.incidents)
    sheet.line("incident", "since " + to_when(incident.at, now) + said(incident.by, incident.message));
}

/// One thing that happened, whether a rollout or a job did it.
struct Happening {
  Instant at;
  std::string what;
  std::string name;
  std::string commit;
  Actor by;
  std::string message;
  int64_t run = 0;
  bool good = true;
};

/// The run that asked for the rollout which wrote this; 0 where none did, or where that was not here.
int64_t run_of(const JournalEntry& entry, const std::vector<RolloutRecord>& rollouts) {
  for (const RolloutRecord& rollout : rollouts) {
    const bool same = entry.rollout.starts_with(std::to_string(rollout.id) + "@");
    if (same && rollout.facts.release == entry.release) return rollout.facts.run;
  }
  return 0;
}

Result<std::vector<Happening>> happenings(Project& project, const std::string& name, size_t limit) {
  std::vector<Happening> all;
  PENSTOCK_TRY(const std::vector<RolloutRecord> rollouts, project.store().rollouts(name, limit));
  PENSTOCK_TRY(const std::vector<JournalEntry> entries, project.store().entries(name, limit));
  for (const JournalEntry& entry : entries) {
    const auto bad = {JournalEntry::What::taken_back, JournalEntry::What::rejected,
                      JournalEntry::What::incident_opened};
    const bool good = std::find(bad.begin(), bad.end(), entry.what) == bad.end();
    all.push_back({entry.at, std::string(to_string(entry.what)), entry.name, entry.commit, entry.by, entry.message,
                   run_of(entry, rollouts), good});
  }
  PENSTOCK_TRY(const std::vector<EnvironmentRecord> records, project.store().history(name, limit));
  for (const EnvironmentRecord& record : records) {
    const bool told = std::any_of(rollouts.begin(), rollouts.end(), [&](const RolloutRecord& rollout) {
      return rollout.facts.run == record.run && rollout.facts.job == record.job;
    });
    if (told) continue;  // its rollout has told more
    const std::string what = record.action == "start" ? "deployed" : record.action;
    all.push_back({record.at, record.passed ? what : what + " failed", record.job, record.commit, record.by,
                   record.message, record.run, record.passed});
  }
  std::stable_sort(all.begin(), all.end(), [](const Happening& a, const Happening& b) { return a.at > b.at; });
  if (all.size() > limit) all.resize(limit);
  return all;
}

std::string to_json(const std::vector<Happening>& all) {
  std::string text;
  JsonWriter json(text, 2);
  json.begin_array();
  for (const Happening& one : all) {
    json.begin_object().member("at", to_iso8601(one.at)).member("what", one.what).member("name", one.name);
    json.member("commit", one.commit);
    write_actor(json, "by", one.by);
    json.optional("message", one.message).optional("run", one.run);
    json.end_object();
  }
  json.end_array();
  return text + "\n";
}

constexpr Duration kPatience = std::chrono::seconds(3);

/// How what is live there is now; nothing where nothing was rolled out, or nobody can be asked.
std::optional<LiveHealth> ask(const EnvWork& work, const EnvironmentFacts& facts) {
  const bool has_target = facts.spec && !std::holds_alternative<std::monostate>(facts.spec->target);
  if (!has_target || !facts.live || facts.live->release.empty()) return std::nullopt;
  return ask_health(work.world, *facts.spec, facts.live->release, kPatience);
}

int done(const std::optional<LiveHealth>& asked) {
  if (asked && asked->left_behind) std::_Exit(kPassed);  // its thread must not meet what main takes away
  return kPassed;
}

}  // namespace

Result<int> show_environment(const EnvWork& work) {
  PENSTOCK_TRY(const EnvironmentFacts facts,
               environment_facts(work.project, work.world, work.declared, work.arguments.name));
  const std::optional<LiveHealth> asked = ask(work, facts);
  if (work.arguments.json) {
    std::string text;
    JsonWriter json(text, 2);
    write_environment(json, facts, asked ? &*asked : nullptr);
    work.world.outputs.out.write(text + "\n");
    return done(asked);
  }
  const Instant now = work.world.clock.now();
  Sheet sheet;
  std::string head = facts.name;
  if (facts.spec && facts.spec->tier != facts.name) head += " · " + facts.spec->tier;
  if (facts.spec && !facts.spec->url.empty()) head += " · " + facts.spec->url;
  sheet.head(head);
  tell_live(sheet, facts, asked, now);
  tell_state(sheet, facts, now);
  if (facts.spec) {
    tell_declared(sheet, *facts.spec);
  } else {
    sheet.line("declared", "nowhere: .ci/environments.yml doesn't name it");
  }
  work.world.outputs.out.write(sheet.text());
  return done(asked);
}

Result<int> environment_history(const EnvWork& work) {
  PENSTOCK_TRY(const EnvironmentFacts facts,
               environment_facts(work.project, work.world, work.declared, work.arguments.name));
  PENSTOCK_TRY(const std::vector<Happening> all,
               happenings(work.project, facts.name, static_cast<size_t>(work.arguments.limit)));
  const Output& out = work.world.outputs.out;
  if (work.arguments.json) {
    out.write(to_json(all));
    return static_cast<int>(kPassed);
  }
  if (all.empty()) {
    const bool ours = facts.spec && !std::holds_alternative<std::monostate>(facts.spec->target);
    if (facts.spec && !facts.spec->services.empty()) {
      work.world.outputs.hint("each of its services has a history of its own: ci env history " + facts.name + "/" +
                              facts.spec->services.front().name);
      return static_cast<int>(kPassed);
    }
    work.world.outputs.hint("nothing happened to " + facts.name + " yet" + (ours ? ": ci deploy " + facts.name : ""));
    return static_cast<int>(kPassed);
  }
  Table table(
      {{"WHEN"}, {"WHAT"}, {"RELEASE", false, true}, {"COMMIT"}, {"BY"}, {"RUN", true}, {"MESSAGE", false, true}});
  const Instant now = work.world.clock.now();
  for (const Happening& one : all) {
    std::string what = one.what;
    std::replace(what.begin(), what.end(), '_', ' ');
    table.add({to_when(one.at, now), Table::Cell(one.good ? Mark::passed : Mark::failed, what), one.name,
               one.commit.substr(0, 7), one.by.name, one.run == 0 ? "" : std::to_string(one.run), one.message});
  }
  out.write(table.render(out.style, out.width()));
  return static_cast<int>(kPassed);
}

}  // namespace penstock
