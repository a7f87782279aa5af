#include <array>

#include "dialect_gitlab/job.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;

constexpr std::array<Keyword, 2> kRollout = {{{"environment"}, {"artifact"}}};
/// Of a job that runs a script; what `default` brings of them is left aside quietly.
constexpr std::array<std::string_view, 13> kOfScripts = {
    "script",    "before_script", "after_script", "run",   "image",   "services", "cache",
    "artifacts", "coverage",      "environment",  "pages", "release", "trigger"};

}  // namespace

void read_rollout(JobReader& reader, const Node& node) {
  JobRollout rollout;
  Environment environment;
  const Node* name = &node;
  if (node.is_mapping()) {
    check_keywords(reader.report, node, kRollout, "`rollout`");
    name = node.find("environment");
    if (name == nullptr) {
      reader.report.error("missing-value", node.span(), "`rollout` has no `environment`").help =
          "add `environment: production`";
    }
    if (const Node* artifact = node.find("artifact"))
      rollout.artifact = read_string(reader.report, *artifact, "`artifact`").value_or("");
  }
  const auto text = name != nullptr ? read_string(reader.report, *name, "`rollout`") : std::nullopt;
  if (text && text->empty())
    reader.report.error("missing-value", name->span(), "`rollout` names no environment").help =
        "write it like `rollout: production`";
  environment.name = text.value_or("");
  if (!environment.name.empty()) reader.draft.job.environment = std::move(environment);
  reader.draft.job.rollout = std::move(rollout);
}

void check_rollout(JobReader& reader) {
  Job& job = reader.draft.job;
  for (std::string_view keyword : kOfScripts) {
    const yaml::Entry* entry = reader.draft.node->find_entry(keyword);
    if (entry == nullptr || entry->value->is_null()) continue;
    Diagnostic& told = reader.report.error("conflicting-keywords", entry->key->span(),
                                           "`" + std::string(keyword) + "` can't stand beside `rollout`");
    told.help = keyword == "environment"
                    ? "`rollout` names the environment already"
                    : "a rollout runs no script: `hooks` of the environment run before and after it";
  }
  const yaml::Entry* parallel = reader.draft.node->find_entry("parallel");
  if (parallel != nullptr && parallel->value->is_scalar() && !parallel->value->is_null()) {
    reader.report
        .error("conflicting-keywords", parallel->key->span(), "`parallel` would roll out the same several times")
        .help =
        "name an environment for each instance: `parallel: {matrix: [{WHERE: [eu, us]}]}` and `rollout: $WHERE`";
  }
  reader.draft.before_script.clear();
  job.after_steps.clear();
  job.image.reset();
  job.services.clear();
  job.caches.clear();
  job.artifacts = {};
  job.coverage.clear();
}

}  // namespace penstock::gitlab
