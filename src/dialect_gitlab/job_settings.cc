#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "dialect_gitlab/expression_tree.h"
#include "dialect_gitlab/job.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;

constexpr std::array<Keyword, 7> kEnvironment = {
    {{"name"}, {"url"}, {"on_stop"}, {"action"}, {"auto_stop_in"}, {"deployment_tier"}, {"kubernetes"}}};
constexpr std::array<std::string_view, 5> kActions = {"start", "prepare", "stop", "verify", "access"};
constexpr std::array<std::string_view, 5> kTiers = {"production", "staging", "testing", "development", "other"};
constexpr std::array<Keyword, 3> kRetry = {{{"max"}, {"when"}, {"exit_codes"}}};
constexpr int kMaxRetries = 2;
constexpr std::array<std::string_view, 22> kRetryReasons = {"always",
                                                            "api_failure",
                                                            "archived_failure",
                                                            "data_integrity_failure",
                                                            "job_execution_timeout",
                                                            "runner_external_dependency_failure",
                                                            "runner_configuration_error",
                                                            "runner_interrupted",
                                                            "runner_system_failure",
                                                            "runner_unsupported",
                                                            "scheduler_failure",
                                                            "script_failure",
                                                            "server_timeout_canceling",
                                                            "server_timeout_running",
                                                            "stale_schedule",
                                                            "stuck_or_timeout_failure",
                                                            "stuck_pending_no_matching_runners",
                                                            "stuck_pending_with_matching_runners",
                                                            "no_updates_canceling",
                                                            "no_updates_running",
                                                            "unknown_failure",
                                                            "unmet_prerequisites"};

/// The dashboard's keywords, also where they stood before they had a mapping of their own.
void check_dashboard(Report& report, const Node& dashboard) {
  for (std::string_view key : {"namespace", "flux_resource_path"}) {
    const Node* value = dashboard.find(key);
    if (value != nullptr) read_string(report, *value, "`" + std::string(key) + "`");
  }
}

void read_kubernetes(JobReader& reader, const Node& node) {
  constexpr std::array<Keyword, 5> kKeywords = {
      {{"agent"}, {"namespace"}, {"flux_resource_path"}, {"managed_resources"}, {"dashboard"}}};
  constexpr std::array<Keyword, 2> kDashboard = {{{"namespace"}, {"flux_resource_path"}}};
  constexpr std::array<Keyword, 1> kManaged = {{{"enabled"}}};
  Report& report = reader.report;
  if (!check_keywords(report, node, kKeywords, "`kubernetes`")) return;
  if (const Node* agent = node.find("agent")) read_string(report, *agent, "`agent`");
  check_dashboard(report, node);
  if (const Node* dashboard = node.find("dashboard");
      dashboard != nullptr && check_keywords(report, *dashboard, kDashboard, "`dashboard`")) {
    check_dashboard(report, *dashboard);
  }
  if (const Node* managed = node.find("managed_resources");
      managed != nullptr && check_keywords(report, *managed, kManaged, "`managed_resources`")) {
    if (const Node* enabled = managed->find("enabled")) read_bool(report, *enabled, "`enabled`");
  }
  reader.draft.job.carried["environment:kubernetes"] = to_json(node);
}

}  // namespace

bool is_environment_tier(std::string_view word) {
  return std::find(kTiers.begin(), kTiers.end(), word) != kTiers.end();
}

void read_environment(JobReader& reader, const Node& node) {
  Report& report = reader.report;
  Environment environment;
  if (node.is_string()) {
    environment.name = std::string(node.text());
  } else {
    if (!check_keywords(report, node, kEnvironment, "`environment`")) return;
    const Node* name = node.find("name");
    if (name == nullptr) {
      report.error("missing-value", node.span(), "`environment` has no `name`");
      return;
    }
    environment.name = read_string(report, *name, "`environment: name`").value_or("");
    if (const Node* kubernetes = node.find("kubernetes")) read_kubernetes(reader, *kubernetes);
    if (const Node* url = node.find("url"))
      environment.url = read_string(report, *url, "`environment: url`").value_or("");
    if (const Node* stop = node.find("on_stop"))
      environment.on_stop = read_string(report, *stop, "`on_stop`").value_or("");
    if (const Node* later = node.find("auto_stop_in")) {
      environment.auto_stop_in = read_lifetime(report, *later, "`auto_stop_in`");
    }
    if (const Node* tier = node.find("deployment_tier")) {
      environment.tier = tier->text().find('$') != std::string_view::npos
                             ? std::string(tier->text())
                             : read_word(report, *tier, "`deployment_tier`", kTiers).value_or("");
    }
    if (const Node* action = node.find("action")) {
      environment.action = read_word(report, *action, "`environment: action`", kActions).value_or("start");
    }
  }
  if (!environment.name.empty()) reader.draft.job.environment = std::move(environment);
}

void read_retry(JobReader& reader, const Node& node) {
  Retry retry;
  if (!node.is_mapping()) {
    retry.max = read_int(reader.report, node, "`retry`", 0, kMaxRetries).value_or(0);
    reader.draft.job.retry = std::move(retry);
    return;
  }
  check_keywords(reader.report, node, kRetry, "`retry`");
  const Node* max = node.find("max");
  retry.max = max == nullptr ? 0 : read_int(reader.report, *max, "`retry: max`", 0, kMaxRetries).value_or(0);
  if (max == nullptr) {
    reader.report.warning("never-retried", node.span(), "without `max` this `retry` never retries").help =
        "add `max: 2`";
  }
  if (const Node* when = node.find("when")) {
    for (const Node* item : flat_items(*when)) {
      if (auto reason = read_word(reader.report, *item, "`retry: when`", kRetryReasons))
        retry.when.push_back(std::move(*reason));
    }
  }
  if (const Node* codes = node.find("exit_codes"))
    retry.exit_codes = read_exit_codes(reader.report, *codes, "`retry: exit_codes`");
  std::vector<int> sorted = retry.exit_codes;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    reader.report.error("duplicate-value", node.find("exit_codes")->span(), "an exit code stands twice in this list");
  }
  reader.draft.job.retry = std::move(retry);
}

void read_coverage(JobReader& reader, const Node& node) {
  std::optional<std::string> text = read_string(reader.report, node, "`coverage`");
  if (!text) return;
  if (text->size() < 3 || text->front() != '/' || text->back() != '/') {
    reader.report.error("invalid-pattern", node.span(), "`coverage` must be a regular expression between slashes")
        .help = "write it like `'/TOTAL.*? (\\d+%)/'`";
  } else if (compile_pattern(*text) == nullptr) {
    reader.report.error("invalid-pattern", node.span(), "RE2 can't read this regular expression");
  } else {
    reader.draft.job.coverage = text->substr(1, text->size() - 2);
  }
}

}  // namespace penstock::gitlab
