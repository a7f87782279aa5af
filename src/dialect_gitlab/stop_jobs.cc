#include <unordered_map>

#include "dialect_gitlab/job.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;

std::string environment_of(const WrittenJob& job) {
  const Node* environment = job.node->find("environment");
  if (environment == nullptr) return {};
  const Node* name = name_in(*environment);
  return name == nullptr ? std::string() : name->to_text();
}

/// What is wrong with a job that is to stop an environment; empty: nothing.
std::string fault_of(const WrittenJob& stop, const std::string& environment) {
  const std::string name = environment_of(stop);
  if (name.empty()) return "has no `environment`";
  if (name != environment) return "has another environment, `" + name + "`";
  const Node* node = stop.node->find("environment");
  const Node* action = node->is_mapping() ? node->find("action") : nullptr;
  return action != nullptr && action->to_text() == "stop" ? "" : "doesn't say `action: stop`";
}

}  // namespace

void check_stop_jobs(Report& report, const std::vector<WrittenJob>& jobs) {
  std::unordered_map<std::string_view, const WrittenJob*> by_name;
  for (const WrittenJob& job : jobs) {
    const Node* environment = job.node->find("environment");
    const Node* wanted = environment != nullptr && environment->is_mapping() ? environment->find("on_stop") : nullptr;
    if (wanted == nullptr || !wanted->is_string()) continue;
    if (by_name.empty()) {
      for (const WrittenJob& one : jobs) by_name.emplace(one.name, &one);
    }
    const auto stop = by_name.find(wanted->text());
    if (stop == by_name.end()) {
      std::vector<std::string_view> names;
      for (const WrittenJob& one : jobs) names.push_back(one.name);
      report
          .error(
              "unknown-job", wanted->span(),
              "`on_stop` of job `" + std::string(job.name) + "` names `" + wanted->to_text() + "`, which doesn't exist")
          .instead = nearest(wanted->text(), names);
      continue;
    }
    const std::string fault = fault_of(*stop->second, environment_of(job));
    if (!fault.empty())
      report.error("wrong-stop-job", wanted->span(), "`on_stop` names `" + wanted->to_text() + "`, which " + fault);
  }
}

}  // namespace penstock::gitlab
