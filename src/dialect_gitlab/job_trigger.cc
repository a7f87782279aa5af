#include <algorithm>
#include <array>

#include "base/json_writer.h"
#include "dialect_gitlab/job.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;

/// What a job may say besides: it runs nothing itself. GitLab's documentation, `trigger`.
constexpr std::array<std::string_view, 17> kBesideTrigger = {
    "trigger", "allow_failure", "environment",   "except",
    "extends", "inherit",       "interruptible", "manual_confirmation",
    "needs",   "only",          "parallel",      "resource_group",
    "rules",   "stage",         "start_in",      "variables",
    "when"};

constexpr std::array<Keyword, 6> kTrigger = {
    {{"project"}, {"branch"}, {"include"}, {"strategy"}, {"forward"}, {"inputs"}}};
constexpr std::array<Keyword, 2> kForward = {{{"yaml_variables"}, {"pipeline_variables"}}};
constexpr std::array<Keyword, 10> kInclude = {{{"local"},
                                               {"project"},
                                               {"file"},
                                               {"ref"},
                                               {"remote"},
                                               {"template"},
                                               {"component"},
                                               {"artifact"},
                                               {"job"},
                                               {"inputs"}}};
constexpr std::array<std::string_view, 2> kStrategies = {"depend", "mirror"};
constexpr size_t kMaxIncludes = 3;

void read_entry(Report& report, const Node& entry) {
  if (entry.is_string() || !check_keywords(report, entry, kInclude, "`trigger: include`")) return;
  if (entry.entries().empty())
    report.error("missing-value", entry.span(), "this `include` doesn't say what it includes");
  if (const Node* project = entry.find("project")) {
    check_project(report, *project);
    if (entry.find("file") == nullptr) report.error("missing-value", entry.span(), "`project` needs a `file`");
  } else if (entry.find("file") != nullptr) {
    report.error("missing-value", entry.span(), "`file` needs a `project`");
  }
  if (entry.find("artifact") != nullptr && entry.find("job") == nullptr) {
    report.error("missing-value", entry.span(), "`artifact` needs the `job` that makes it");
  }
}

/// Whether the child is of this project; of another one's pipeline nothing is known here.
bool is_child(const Node& node) { return node.is_mapping() && node.find("include") != nullptr; }

bool says(const Node& node, std::string_view keyword, bool usual) {
  const Node* forward = node.find("forward");
  const Node* said = forward == nullptr ? nullptr : forward->find(keyword);
  return said == nullptr ? usual : said->as_bool().value_or(usual);
}

/// One file of the child as an `include` of its first file. What a job makes is found under its path in the project.
void write_entry(JsonWriter& json, const Node& entry, const Node* inputs, Trigger& trigger) {
  if (entry.is_string() && inputs == nullptr) {
    json.value(entry.text());
    return;
  }
  json.begin_object();
  if (entry.is_string()) {
    const bool remote = entry.text().starts_with("http://") || entry.text().starts_with("https://");
    json.member(remote ? "remote" : "local", entry.text());
  }
  for (const yaml::Entry& member : entry.is_mapping() ? entry.entries() : std::span<const yaml::Entry>()) {
    const std::string key = member.key->to_text();
    if (key == "job") continue;
    if (key == "artifact") trigger.made.push_back({entry.find("job")->to_text(), member.value->to_text()});
    json.key(key == "artifact" ? "local" : key).raw(to_json(*member.value));
    if (key == "inputs") inputs = nullptr;
  }
  if (inputs != nullptr) json.key("inputs").raw(to_json(*inputs));
  json.end_object();
}

std::string name_of(const Node& entry) {
  if (entry.is_string()) return std::string(entry.text());
  for (const char* kind : {"local", "artifact", "file", "remote", "template", "component"}) {
    const Node* value = entry.find(kind);
    if (value != nullptr && value->is_scalar()) return value->to_text();
  }
  return "a child pipeline";
}

Trigger child_of(const Node& node) {
  Trigger trigger;
  const std::vector<const Node*> entries = flat_items(*node.find("include"));
  JsonWriter json(trigger.source);
  json.begin_object().key("include").begin_array();
  for (const Node* entry : entries) write_entry(json, *entry, node.find("inputs"), trigger);
  json.end_array().end_object();
  if (!entries.empty()) trigger.name = name_of(*entries.front());
  trigger.waits = node.find("strategy") != nullptr;
  trigger.forwards = says(node, "pipeline_variables", false);
  return trigger;
}

void read_mapping(Report& report, const Node& node) {
  if (!check_keywords(report, node, kTrigger, "`trigger`")) return;
  const Node* project = node.find("project");
  const Node* includes = node.find("include");
  if (project == nullptr && includes == nullptr) {
    report.error("missing-value", node.span(), "`trigger` names neither a `project` nor an `include`");
  }
  if (project != nullptr) check_project(report, *project);
  for (std::string_view keyword : {"project", "branch"}) {
    const yaml::Entry* beside = includes == nullptr ? nullptr : node.find_entry(keyword);
    if (beside == nullptr) continue;
    report.error("conflicting-keywords", beside->key->span(),
                 "`" + std::string(keyword) + "` can't stand beside `include`, which starts a child of this project");
  }
  if (includes != nullptr) {
    const std::vector<const Node*> entries = flat_items(*includes);
    if (entries.size() > kMaxIncludes) {
      report.error("too-many", includes->span(), "a child pipeline can be made of at most 3 files");
    }
    for (const Node* entry : entries) read_entry(report, *entry);
  }
  if (const Node* strategy = node.find("strategy")) read_word(report, *strategy, "`strategy`", kStrategies);
  const Node* inputs = node.find("inputs");
  if (inputs != nullptr && !inputs->is_mapping()) {
    wrong_type(report, *inputs, "`inputs`", "a mapping");
  }
  const Node* forward = node.find("forward");
  if (forward == nullptr || !check_keywords(report, *forward, kForward, "`forward`")) return;
  for (const yaml::Entry& entry : forward->entries()) read_bool(report, *entry.value, "`" + entry.key->to_text() + "`");
}

}  // namespace

void check_project(Report& report, const Node& node) {
  const std::optional<std::string> path = read_string(report, node, "`project`");
  if (!path) return;
  const bool variable = path->starts_with('$');
  const bool slashes = path->find('/') != std::string::npos && !path->starts_with('/') && !path->ends_with('/');
  if (path->find_first_of("# \t\n") == std::string::npos && (variable || slashes)) return;
  report.error("invalid-path", node.span(), "`" + *path + "` is no project's path").help =
      "write it like `group/project`";
}

/// Without what `default` brings, which a trigger leaves aside.
void check_trigger_alone(JobReader& reader) {
  if (reader.draft.job.rollout) return;  // it refuses the trigger
  for (const yaml::Entry& entry : reader.draft.node->entries()) {
    const std::string_view keyword = entry.key->text();
    const bool fits = std::find(kBesideTrigger.begin(), kBesideTrigger.end(), keyword) != kBesideTrigger.end();
    if (fits || entry.value->is_null() || find_job_keyword(keyword) == nullptr) continue;
    reader.report
        .warning("beside-trigger", entry.key->span(), "`" + std::string(keyword) + "` has no effect beside `trigger`")
        .help = "take it away: GitLab refuses a job that has both";
  }
}

void read_trigger(JobReader& reader, const Node& node) {
  check_trigger_alone(reader);
  const size_t before = reader.report.errors();
  if (node.is_string()) {
    check_project(reader.report, node);
  } else {
    read_mapping(reader.report, node);
  }
  reader.draft.has_script = true;
  if (is_child(node) && reader.report.errors() == before) {
    reader.draft.job.trigger = child_of(node);
    reader.draft.forwards_variables = says(node, "yaml_variables", true);
    return;
  }
  reader.draft.job.carried["trigger"] = to_json(node);
  reader.draft.job.unmet = "it starts a pipeline of another project, which takes a server";
}

}  // namespace penstock::gitlab
