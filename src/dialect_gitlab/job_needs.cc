#include <array>

#include "dialect_gitlab/job.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;

constexpr std::array<Keyword, 7> kNeed = {
    {{"job"}, {"artifacts"}, {"optional"}, {"parallel"}, {"project"}, {"ref"}, {"pipeline"}}};
constexpr std::array<Keyword, 1> kParallel = {{{"matrix"}}};
constexpr size_t kMaxNeeds = 50;
constexpr size_t kMaxNeedsOfProjects = 5;

bool is_elsewhere(const Node& need) { return need.find("project") != nullptr || need.find("pipeline") != nullptr; }

/// The status of another project's pipeline, as the job's own.
bool is_mirror(const Node& need) {
  return need.is_mapping() && need.find("pipeline") != nullptr && need.find("job") == nullptr;
}

/// A need of another project says which job of which ref; one of another pipeline can't be of this one.
void check_elsewhere(JobReader& reader, const Node& need) {
  const Node* run = need.find("pipeline");
  if (need.find("project") != nullptr) {
    require(reader.report, need, "job", "a need of another project");
    require(reader.report, need, "ref", "a need of another project");
  } else if (run->text() == "$CI_PIPELINE_ID" || run->text() == "${CI_PIPELINE_ID}") {
    reader.report.error("invalid-need", run->span(), "that is this pipeline itself").help =
        "need the job without `pipeline`";
  }
  if (!is_mirror(need) && reader.draft.node->find("trigger") != nullptr)
    reader.report.error("invalid-need", need.span(), "a trigger can't need a job of another pipeline or project");
}

std::optional<NeedRequest> read_need(Report& report, const Node& node) {
  NeedRequest need;
  need.at = &node;
  if (node.is_string()) {
    need.job = std::string(node.text());
    return need;
  }
  if (!node.is_mapping()) {
    wrong_type(report, node, "a need", "a job's name or a mapping");
    return std::nullopt;
  }
  check_keywords(report, node, kNeed, "a need");
  if (is_elsewhere(node)) return std::nullopt;
  const Node* job = node.find("job");
  if (job == nullptr) {
    report.error("missing-value", node.span(), "this need names no `job`");
    return std::nullopt;
  }
  need.at = job;
  need.job = read_string(report, *job, "`job`").value_or("");
  if (const Node* artifacts = node.find("artifacts"))
    need.artifacts = read_bool(report, *artifacts, "`artifacts`").value_or(true);
  if (const Node* optional = node.find("optional"))
    need.optional = read_bool(report, *optional, "`optional`").value_or(false);
  if (const Node* parallel = node.find("parallel");
      parallel != nullptr && check_keywords(report, *parallel, kParallel, "`parallel`")) {
    need.matrix = parallel->find("matrix");
    if (need.matrix == nullptr) require(report, *parallel, "matrix", "`parallel`");
    if (need.matrix != nullptr) need.instances = parse_matrix(report, *need.matrix);
  }
  return need;
}

}  // namespace

std::vector<NeedRequest> parse_needs(Report& report, const Node& node, NeedsOf place) {
  std::vector<NeedRequest> needs;
  if (place == NeedsOf::job && is_mirror(node)) {
    check_keywords(report, node, kNeed, "a need");
    return needs;
  }
  if (!node.is_sequence()) {
    wrong_type(report, node, "`needs`", "a list of jobs").help =
        node.is_string() ? "write `needs: [" + std::string(node.text()) + "]`" : "";
    return needs;
  }
  for (const Node* item : flat_items(node)) {
    if (place == NeedsOf::rule && is_elsewhere(*item)) {
      report.error("invalid-need", item->span(), "a rule's needs can only be jobs of this pipeline");
      continue;
    }
    if (std::optional<NeedRequest> need = read_need(report, *item)) needs.push_back(std::move(*need));
  }
  if (needs.size() > kMaxNeeds) {
    report.error("too-many", node.span(), "a job can need at most 50 others, not " + std::to_string(needs.size()));
  }
  return needs;
}

/// Needs of other pipelines: those of the same family are had from the store; others, and other projects', only a
/// server can fetch.
void read_needs_elsewhere(JobReader& reader, const Node& node) {
  std::string list;
  size_t projects = 0;
  for (const Node* item : flat_items(node)) {
    if (!is_elsewhere(*item)) continue;
    check_elsewhere(reader, *item);
    if (item->find("project") != nullptr && ++projects == kMaxNeedsOfProjects + 1)
      reader.report.error("too-many", item->span(), "a job can need at most 5 jobs of other projects");
    const Node* run = item->find("pipeline");
    const Node* job = item->find("job");
    const Node* wanted = item->find("artifacts");
    if (run != nullptr && job != nullptr && item->find("project") == nullptr) {
      if (wanted != nullptr && !wanted->as_bool().value_or(true)) continue;
      const bool optional = item->find("optional") != nullptr && item->find("optional")->as_bool().value_or(false);
      reader.draft.job.family_needs.push_back({run->to_text(), job->to_text(), optional});
      continue;
    }
    list += (list.empty() ? "[" : ",") + to_json(*item);
    if (is_mirror(*item)) reader.draft.has_script = true;
    const Node* optional = item->find("optional");
    if (optional == nullptr || !optional->as_bool().value_or(false)) {
      reader.draft.job.unmet = "it needs another pipeline or project, which this machine doesn't know";
    }
  }
  if (!list.empty()) reader.draft.job.carried["needs"] = list + "]";
}

void read_needs(JobReader& reader, const Node& node) {
  reader.draft.needs = parse_needs(reader.report, node, NeedsOf::job);
  read_needs_elsewhere(reader, node);
  reader.draft.needs_node = &node;
}

void read_dependencies(JobReader& reader, const Node& node) {
  std::vector<NeedRequest> dependencies;
  if (!node.is_sequence()) {
    wrong_type(reader.report, node, "`dependencies`", "a list of jobs");
    return;
  }
  for (const Node* item : flat_items(node)) {
    std::optional<std::string> name = read_string(reader.report, *item, "a dependency");
    if (name) dependencies.push_back({std::move(*name), item, true, false, nullptr});
  }
  reader.draft.dependencies = std::move(dependencies);
}

}  // namespace penstock::gitlab
