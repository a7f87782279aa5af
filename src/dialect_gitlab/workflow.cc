#include "dialect_gitlab/workflow.h"

#include <algorithm>

namespace penstock::gitlab {
namespace {

using yaml::Node;

constexpr std::array<Keyword, 3> kWorkflow = {{{"name"}, {"rules"}, {"auto_cancel"}}};
constexpr std::array<Keyword, 2> kAutoCancel = {{{"on_new_commit"}, {"on_job_failure"}}};
constexpr std::array<std::string_view, 3> kOnNewCommit = {"conservative", "interruptible", "none"};
constexpr std::array<std::string_view, 2> kOnJobFailure = {"none", "all"};

void read_auto_cancel(Report& report, const Node& node, AutoCancel& auto_cancel) {
  if (!check_keywords(report, node, kAutoCancel, "`auto_cancel`")) return;
  if (const Node* word = node.find("on_new_commit")) {
    auto_cancel.on_new_commit = read_word(report, *word, "`on_new_commit`", kOnNewCommit).value_or("conservative");
  }
  if (const Node* word = node.find("on_job_failure")) {
    auto_cancel.on_job_failure = read_word(report, *word, "`on_job_failure`", kOnJobFailure) == "all";
  }
}

}  // namespace

Workflow decide_workflow(Report& report, RuleBook& rules, const Node* node, const Scope& scope) {
  Workflow workflow;
  workflow.decision.summary = "there are no `workflow: rules`, so there is always a pipeline";
  if (node == nullptr || node->is_null() || !check_keywords(report, *node, kWorkflow, "`workflow`")) return workflow;
  if (const Node* name = node->find("name"))
    workflow.name = read_string(report, *name, "`workflow: name`").value_or("");
  if (const Node* auto_cancel = node->find("auto_cancel")) read_auto_cancel(report, *auto_cancel, workflow.auto_cancel);
  const Node* list = node->find("rules");
  if (list == nullptr || list->is_null()) return workflow;
  workflow.has_rules = true;
  const Rule* rule = rules.first_match(rules.read(*list, RulesOf::workflow), scope, workflow.decision);
  for (Decision::Rule& seen : workflow.decision.rules) seen.label = "workflow: " + seen.label;
  if (rule == nullptr) {
    workflow.runs = false;
    workflow.decision.summary = "none of the `workflow: rules` holds, so there is no pipeline";
    return workflow;
  }
  workflow.runs = rule->when != "never";
  workflow.decision.summary =
      "`workflow: " + rule->label + "` holds" + (workflow.runs ? "" : " and says never, so there is no pipeline");
  workflow.variables = rule->variables;
  if (rule->auto_cancel != nullptr) read_auto_cancel(report, *rule->auto_cancel, workflow.auto_cancel);
  return workflow;
}

std::vector<std::string> read_stages(Report& report, const Node* node) {
  std::vector<std::string> written = {"build", "test", "deploy"};
  if (node != nullptr && !node->is_null()) {
    written.clear();
    if (!node->is_sequence()) read_strings(report, *node, "`stages`");
    for (const Node* item : node->is_sequence() ? flat_items(*node) : std::vector<const Node*>()) {
      if (std::optional<std::string> stage = read_string(report, *item, "a stage"))
        written.push_back(std::move(*stage));
    }
  }
  std::vector<std::string> stages = {".pre"};
  for (std::string& stage : written) {
    if (stage != ".post" && std::find(stages.begin(), stages.end(), stage) == stages.end())
      stages.push_back(std::move(stage));
  }
  stages.emplace_back(".post");
  return stages;
}

}  // namespace penstock::gitlab
