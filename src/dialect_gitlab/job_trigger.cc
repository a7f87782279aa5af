#include <array>

#include "dialect_gitlab/job.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;

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

void read_mapping(Report& report, const Node& node) {
  if (!check_keywords(report, node, kTrigger, "`trigger`")) return;
  const Node* project = node.find("project");
  const Node* includes = node.find("include");
  if (project == nullptr && includes == nullptr) {
    report.error("missing-value", node.span(), "`trigger` names neither a `project` nor an `include`");
  }
  if (project != nullptr) check_project(report, *project);
  if (includes != nullptr) {
    const std::vector<const Node*> entries = flat_items(*includes);
    if (entries.size() > kMaxIncludes) {
      report.error("too-many", includes->span(), "a child pipeline can be made of at most 3 files");
    }
    for (const Node* entry : entries) read_entry(report, *entry);
  }
  if (const Node* strategy = node.find("strategy")) read_word(report, *strategy, "`strategy`", kStrategies);
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

void read_trigger(JobReader& reader, const Node& node) {
  if (node.is_string()) {
    check_project(reader.report, node);
  } else {
    read_mapping(reader.report, node);
  }
  reader.draft.has_script = true;
  reader.draft.job.carried["trigger"] = to_json(node);
  reader.draft.job.unmet = "it starts a pipeline of its own, which Penstock doesn't build yet";
}

}  // namespace penstock::gitlab
