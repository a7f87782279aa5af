#include <array>

#include "base/shell_quote.h"
#include "dialect_gitlab/job.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;

constexpr std::array<Keyword, 7> kEntry = {{{"name"}, {"script"}, {"step"}, {"func"}, {"action"}, {"env"}, {"inputs"}}};
constexpr std::array<Keyword, 2> kStep = {{{"git"}, {"oci"}}};
constexpr std::array<Keyword, 5> kGit = {{{"url"}, {"dir"}, {"rev"}, {"file"}, {"subdir"}}};
constexpr std::array<Keyword, 5> kOci = {{{"registry"}, {"repository"}, {"tag"}, {"dir"}, {"file"}}};

void require_key(Report& report, const Node& node, std::string_view key, const std::string& where) {
  if (node.find(key) != nullptr) return;
  report.error("missing-value", node.span(), where + " has no `" + std::string(key) + "`");
}

void read_mapping(Report& report, const Node& entry, std::string_view key) {
  const Node* node = entry.find(key);
  if (node == nullptr || node->is_mapping()) return;
  wrong_type(report, *node, "`" + std::string(key) + "`", "a mapping");
}

/// Where a step's function comes from: a text, or a place in git or in a registry.
void read_source(Report& report, const Node& node) {
  if (node.is_string()) return;
  if (!check_keywords(report, node, kStep, "`step`")) return;
  if (const Node* git = node.find("git"); git != nullptr && check_keywords(report, *git, kGit, "`git`")) {
    require_key(report, *git, "url", "`git`");
    require_key(report, *git, "rev", "`git`");
  }
  if (const Node* oci = node.find("oci"); oci != nullptr && check_keywords(report, *oci, kOci, "`oci`")) {
    for (std::string_view key : {"registry", "repository", "tag"}) require_key(report, *oci, key, "`oci`");
  }
}

/// A step that is a script, in a shell of its own with its own environment.
ScriptStep script_of(Report& report, const Node& entry, const Node& script) {
  ScriptStep step;
  const Node* env = entry.find("env");
  for (const yaml::Entry& variable : env == nullptr ? std::span<const yaml::Entry>() : env->entries()) {
    step.lines.push_back("export " + variable.key->to_text() + "=" + single_quoted(variable.value->to_text()));
  }
  for (std::string& line : read_script(report, script, "`script`")) step.lines.push_back(std::move(line));
  return step;
}

void read_entry(JobReader& reader, const Node& entry) {
  Report& report = reader.report;
  if (!check_keywords(report, entry, kEntry, "a step of `run`")) return;
  require_key(report, entry, "name", "a step of `run`");
  read_mapping(report, entry, "env");
  read_mapping(report, entry, "inputs");
  const Node* script = entry.find("script");
  const Node* source = nullptr;
  for (std::string_view key : {"step", "func", "action"}) {
    if (const Node* found = entry.find(key)) source = found;
  }
  if ((script == nullptr) == (source == nullptr)) {
    report.error(script == nullptr ? "missing-value" : "conflicting-keywords", entry.span(),
                 "a step of `run` needs either a `script` or a `step`");
    return;
  }
  if (source != nullptr) {
    read_source(report, *source);
    reader.draft.job.unmet = "its step `" + (entry.find("name") == nullptr ? "" : entry.find("name")->to_text()) +
                             "` is a step function, which needs GitLab's step runner";
    return;
  }
  if (const Node* inputs = entry.find("inputs")) {
    report.error("conflicting-keywords", inputs->span(), "a `script` takes no `inputs`");
  }
  reader.draft.run_steps.push_back(script_of(report, entry, *script));
}

}  // namespace

void read_run(JobReader& reader, const Node& node) {
  reader.draft.has_script = true;
  if (!node.is_sequence() || node.items().empty()) {
    wrong_type(reader.report, node, "`run`", "a list of steps");
    return;
  }
  for (std::string_view other : {"script", "before_script", "after_script"}) {
    const yaml::Entry* beside = reader.draft.node->find_entry(other);
    if (beside == nullptr) continue;
    reader.report.error("conflicting-keywords", beside->key->span(),
                        "`" + std::string(other) + "` can't stand beside `run`");
  }
  for (const Node* entry : node.items()) read_entry(reader, *entry);
  reader.draft.job.carried["run"] = to_json(node);
}

}  // namespace penstock::gitlab
