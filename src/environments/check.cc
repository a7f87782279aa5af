#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/words.h"
#include "environments/readers.h"
#include "rollout/rollout.h"

namespace penstock::environments {
namespace {

using strategy::BlueGreen;
using strategy::Canary;
using strategy::CanaryStep;

/// The checks of one environment.
class Check {
 public:
  Check(Report& report, const EnvironmentsFile& file, const Written& written, const EnvironmentSpec& spec)
      : report_(report), file_(file), written_(written), spec_(spec) {}

  void run() {
    if (std::holds_alternative<std::monostate>(spec_.target)) return;
    const size_t before = report_.errors();
    target();
    strategy();
    analysis();
    approvals();
    if (report_.errors() == before && written_.sound) possible();
  }

 private:
  /// Where a keyword's value is written, else where the environment is.
  [[nodiscard]] SourceSpan place(std::string_view key) const {
    const Node* node = written_.node->find(key);
    return node == nullptr || node->is_null() ? written_.key->span() : node->span();
  }
  [[nodiscard]] bool says(std::string_view key) const {
    const Node* node = written_.node->find(key);
    return node != nullptr && !node->is_null();
  }
  /// It is not there, not even misspelt.
  [[nodiscard]] bool lacks(std::string_view key) const {
    return !says(key) && !report_.is_misspelt(*written_.node, key);
  }
  Diagnostic& error(std::string_view name, std::string_view key, std::string message) {
    return report_.error(name, place(key), std::move(message));
  }

  void target();
  void ports();
  void possible();
  void strategy();
  void canary(const Canary& canary);
  [[nodiscard]] SourceSpan header_place() const;
  void analysis();
  void approvals();

  Report& report_;
  const EnvironmentsFile& file_;
  const Written& written_;
  const EnvironmentSpec& spec_;
};

void Check::target() {
  const bool commands = std::holds_alternative<CommandsTarget>(spec_.target);
  if (!commands && lacks("application")) {
    report_.error("missing-value", written_.key->span(), quoted(spec_.name) + " has no `application`").help =
        "add `application: {run: gunicorn --bind 127.0.0.1:$PORT app:app}`";
  }
  if (lacks("hosts") && !commands) {
    report_.error("missing-value", written_.key->span(), quoted(spec_.name) + " has no `hosts`").help =
        "add `hosts: [web-1, web-2]`, names that ssh knows; `local` is this machine";
  } else if (spec_.rollout.hosts.empty() && report_.errors() == 0) {
    error("missing-value", "hosts", "`hosts` is empty");
  }
  if (spec_.name.find('*') != std::string::npos && !commands) {
    report_
        .error("pattern-of-hosts", written_.key->span(),
               "the environments of pattern " + quoted(spec_.name) + " would share their ports")
        .help = "use `target: commands`, or declare each environment by its name";
  }
  const auto* scripts = std::get_if<CommandsTarget>(&spec_.target);
  if (scripts != nullptr && scripts->check.empty() && !says("health")) {
    error("missing-value", "commands", "nothing says whether an instance is healthy").help =
        "add `check: ./check` to `commands`, or `health`";
  }
  if (commands && std::holds_alternative<HaproxySpec>(spec_.traffic)) {
    error("conflicting-keywords", "traffic", "`haproxy` is steered for `target: hosts` only").help =
        "use `traffic: {command: ./shift}` or `shift` of `commands`";
  }
  ports();
}

void Check::ports() {
  for (const HostSlots& slots : spec_.rollout.hosts) {
    if (!slots.ports.empty()) continue;
    if (!lacks("ports")) return;  // what is wrong with them is told already
    error("missing-value", "hosts", "host " + quoted(slots.host) + " has no `ports`").help =
        "add `ports: 8100-8119`, one for each instance that may stand there";
    return;
  }
}

/// What only the rollout itself knows: whether it could begin.
void Check::possible() {
  const Result<Rollout> rollout = Rollout::create(spec_.rollout, "old", "new");
  if (rollout.ok()) return;
  const std::string& message = rollout.error().message;
  const auto about = [&](std::string_view word) { return message.find(word) != std::string::npos; };
  error("impossible",
        about("deadline") ? "deadline"
        : about("port")   ? "ports"
                          : "strategy",
        quoted(spec_.name) + ": " + message)
      .help = rollout.error().help;
}

/// Where the canary's first `header` step is written.
SourceSpan Check::header_place() const {
  const Node* canary = written_.node->find("strategy")->find("canary");
  const Node* steps = canary == nullptr ? nullptr : canary->find("steps");
  if (steps == nullptr) return place("strategy");
  for (const Node* step : steps->items()) {
    if (const yaml::Entry* entry = step->find_entry("header")) return entry->key->span();
  }
  return place("strategy");
}

void Check::canary(const Canary& canary) {
  bool analyses = canary.background_analysis;
  bool routes = false;
  for (const CanaryStep& step : canary.steps) {
    analyses = analyses || std::holds_alternative<CanaryStep::Analysis>(step.what);
    routes = routes || std::holds_alternative<CanaryStep::Header>(step.what);
  }
  const auto* haproxy = std::get_if<HaproxySpec>(&spec_.traffic);
  if (routes &&
      (!spec_.rollout.steers_traffic || (haproxy != nullptr && (!haproxy->http || !haproxy->socket.empty())))) {
    report_.error("header-without-proxy", header_place(), "a `header` step needs a proxy that looks into requests")
        .help = "add `traffic: {haproxy: {listen: 127.0.0.1:8000}}`";
  }
  if (analyses && lacks("analysis")) {
    error("missing-value", "strategy", "this canary is to be analysed, but there is no `analysis`").help =
        "add `analysis: {metrics: [errors, latency]}`";
  }
}

void Check::strategy() {
  if (const auto* found = std::get_if<Canary>(&spec_.rollout.strategy)) canary(*found);
  const auto* colours = std::get_if<BlueGreen>(&spec_.rollout.strategy);
  if (colours == nullptr) return;
  if (colours->analysis && lacks("analysis")) {
    error("missing-value", "strategy", "the new colour is to be analysed, but there is no `analysis`").help =
        "add `analysis: {metrics: [errors, latency]}`";
  }
}

void Check::analysis() {
  if (std::holds_alternative<HaproxySpec>(spec_.traffic)) return;
  if (!lacks("traffic") && !std::holds_alternative<TrafficCommand>(spec_.traffic)) return;  // what is wrong is told
  for (const Metric& metric : spec_.analysis.metrics) {
    if (metric.source != Metric::Source::proxy_errors && metric.source != Metric::Source::proxy_latency) continue;
    error("metric-without-proxy", "analysis", quoted(metric.name) + " is counted by HAProxy, which isn't there").help =
        "add `traffic: {haproxy: {listen: 127.0.0.1:8000}}`, or take the metric from elsewhere";
    return;
  }
}

void Check::approvals() {
  const ApprovalRule& rule = spec_.approvals;
  std::vector<std::string_view> groups;
  std::unordered_set<std::string_view> members;
  for (const auto& [name, people] : file_.groups) {
    groups.push_back(name);
    members.insert(people.begin(), people.end());
  }
  std::unordered_set<std::string_view> people;
  for (const std::string& name : rule.from) {
    if (const auto group = file_.groups.find(name); group != file_.groups.end()) {
      people.insert(group->second.begin(), group->second.end());
      continue;
    }
    people.insert(name);
    const std::string near = members.contains(name) ? std::string() : nearest(name, groups);
    if (near.empty()) continue;
    const Node* from = written_.node->find("approvals")->find("from");
    const Node* at = from;
    for (const Node* item : from->items()) at = item->text() == name ? item : at;
    report_.warning("unknown-group", at->span(), "no group is called " + quoted(name) + ": it is taken for a person")
        .instead = near;
  }
  if (rule.from.empty() || rule.required <= static_cast<int>(people.size())) return;
  error("too-few-people", "approvals",
        std::to_string(rule.required) + " approvals are required, and only " + std::to_string(people.size()) +
            (people.size() == 1 ? " person" : " people") + " may give one");
}

}  // namespace

void check_environment(Report& report, const EnvironmentsFile& file, const Written& written,
                       const EnvironmentSpec& spec) {
  Check(report, file, written, spec).run();
}

namespace {

/// The folders that an environment says, each with its host.
std::vector<std::string> folders_of(const EnvironmentSpec& spec) {
  std::vector<std::string> folders;
  if (const auto* commands = std::get_if<CommandsTarget>(&spec.target); commands && !commands->folder.empty())
    folders.push_back(commands->folder);
  if (const auto* hosts = std::get_if<HostsTarget>(&spec.target); hosts && !hosts->folder.empty()) {
    for (const HostSlots& slots : spec.rollout.hosts) folders.push_back(slots.host + ':' + hosts->folder);
  }
  return folders;
}

/// Each environment keeps its own journal and lease: two in one folder would be taken for one.
void check_folders(Report& report, const std::vector<Written>& written, const std::vector<EnvironmentSpec>& specs) {
  std::unordered_map<std::string, size_t> users;
  for (size_t i = 0; i < specs.size(); ++i) {
    for (const std::string& folder : folders_of(specs[i])) {
      if (specs[i].name.find('*') != std::string::npos && folder.find('*') == std::string::npos) {
        report
            .error("shared-folder", written[i].key->span(),
                   "the environments of pattern " + quoted(specs[i].name) + " would share one folder")
            .help = "put a `*` into `folder`: it stands for the environment's name";
        break;
      }
      const auto [user, first] = users.try_emplace(folder, i);
      if (first || user->second == i) continue;
      Diagnostic& error = report.error("shared-folder", written[i].key->span(),
                                       quoted(specs[i].name) + " and " + quoted(specs[user->second].name) +
                                           " have the same `folder`, and would be taken for one environment");
      error.notes.push_back({written[user->second].key->span(), "the other one is here"});
      error.help = "give each its own, or leave it out: then each has one by its name";
      break;
    }
  }
}

}  // namespace

void check_together(Report& report, const std::vector<Written>& written, const std::vector<EnvironmentSpec>& specs) {
  check_folders(report, written, specs);
  std::unordered_map<std::string, size_t> users;
  for (size_t i = 0; i < specs.size(); ++i) {
    if (!std::holds_alternative<HostsTarget>(specs[i].target)) continue;
    std::unordered_set<size_t> told;
    for (const HostSlots& slots : specs[i].rollout.hosts) {
      for (int port : slots.ports) {
        const auto [user, first] = users.try_emplace(slots.host + ' ' + std::to_string(port), i);
        if (first || user->second == i || !told.insert(user->second).second) continue;
        Diagnostic& error = report.error("shared-port", written[i].key->span(),
                                         quoted(specs[i].name) + " and " + quoted(specs[user->second].name) +
                                             " both use port " + std::to_string(port) + " of " + quoted(slots.host));
        error.notes.push_back({written[user->second].key->span(), "the other one is here"});
        error.help = "give one of them other `ports`";
      }
    }
  }
}

}  // namespace penstock::environments
