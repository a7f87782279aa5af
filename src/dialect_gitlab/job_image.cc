#include <array>

#include "dialect_gitlab/job.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;

constexpr std::array<Keyword, 5> kImage = {{{"name"}, {"entrypoint"}, {"docker"}, {"pull_policy"}, {"kubernetes"}}};
constexpr std::array<Keyword, 8> kService = {
    {{"name"}, {"entrypoint"}, {"docker"}, {"pull_policy"}, {"kubernetes"}, {"alias"}, {"command"}, {"variables"}}};
constexpr std::array<Keyword, 2> kDocker = {{{"platform"}, {"user"}}};
constexpr std::array<Keyword, 1> kKubernetes = {{{"user"}}};
constexpr std::array<std::string_view, 3> kPullPolicies = {"always", "if-not-present", "never"};

void check_not_empty(Report& report, const Node& node, const std::string& what) {
  if (node.is_sequence() && node.items().empty()) report.error("missing-value", node.span(), what + " is empty");
}

/// A name or a number, which `1001:1001` is in YAML.
std::string read_user(Report& report, const Node& node) {
  if (!node.is_scalar() || node.is_null() || node.text().empty()) {
    report.error(
        "wrong-type", node.span(),
        "`user` must be a name or a number, not " + (node.is_string() ? "empty" : std::string(node.kind_name())));
    return {};
  }
  return std::string(node.text());
}

/// What image and service have in common.
Image read_image_mapping(Report& report, const Node& node, std::string_view what) {
  Image image;
  const Node* name = node.find("name");
  if (name == nullptr) {
    report.error("missing-value", node.span(), std::string(what) + " has no `name`");
  } else {
    image.name = read_string(report, *name, std::string(what) + "'s `name`").value_or("");
  }
  if (const Node* entrypoint = node.find("entrypoint")) {
    image.entrypoint = read_strings(report, *entrypoint, "`entrypoint`");
    check_not_empty(report, *entrypoint, "`entrypoint`");
  }
  if (const Node* policy = node.find("pull_policy")) {
    check_not_empty(report, *policy, "`pull_policy`");
    for (const Node* item : flat_items(*policy)) {
      if (auto word = read_word(report, *item, "`pull_policy`", kPullPolicies))
        image.pull_policy.push_back(std::move(*word));
    }
  }
  if (const Node* docker = node.find("docker");
      docker != nullptr && check_keywords(report, *docker, kDocker, "`docker`")) {
    if (const Node* platform = docker->find("platform"))
      image.platform = read_string(report, *platform, "`platform`").value_or("");
    if (const Node* user = docker->find("user")) image.user = read_user(report, *user);
  }
  // Only a runner on Kubernetes asks for it.
  if (const Node* kubernetes = node.find("kubernetes");
      kubernetes != nullptr && check_keywords(report, *kubernetes, kKubernetes, "`kubernetes`")) {
    if (const Node* user = kubernetes->find("user")) read_user(report, *user);
  }
  return image;
}

std::vector<std::string> split_at_commas_and_blanks(std::string_view text) {
  std::vector<std::string> words;
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find_first_of(", ", at), text.size());
    if (end > at) words.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::optional<Service> read_service(Report& report, const Node& node) {
  Service service;
  if (node.is_string()) {
    service.image.name = std::string(node.text());
    return service;
  }
  if (!check_keywords(report, node, kService, "a service")) return std::nullopt;
  service.image = read_image_mapping(report, node, "a service");
  if (const Node* name = node.find("name"); name != nullptr && name->is_string() && name->text().empty())
    report.error("missing-value", name->span(), "a service's `name` is empty");
  if (const Node* alias = node.find("alias")) {
    for (const std::string& text : read_string_or_strings(report, *alias, "`alias`")) {
      for (std::string& word : split_at_commas_and_blanks(text)) service.aliases.push_back(std::move(word));
    }
  }
  if (const Node* command = node.find("command")) {
    service.command = read_string_or_strings(report, *command, "`command`");
    check_not_empty(report, *command, "`command`");
  }
  if (const Node* variables = node.find("variables"))
    service.variables = read_variables(report, *variables, VariablesOf::job);
  return service;
}

}  // namespace

void read_image(JobReader& reader, const Node& node) {
  if (node.is_string()) {
    reader.draft.job.image = Image{std::string(node.text()), {}, {}, {}, {}};
  } else if (check_keywords(reader.report, node, kImage, "`image`")) {
    reader.draft.job.image = read_image_mapping(reader.report, node, "`image`");
  }
  if (!reader.draft.job.image || !reader.draft.job.image->name.empty()) return;
  if (const Node* name = name_in(node); name != nullptr && name->is_string())
    reader.report.error("missing-value", name->span(), "`image` is empty");
  reader.draft.job.image.reset();
}

void read_services(JobReader& reader, const Node& node) {
  if (!node.is_sequence()) {
    wrong_type(reader.report, node, "`services`", "a list");
    return;
  }
  for (const Node* item : flat_items(node)) {
    if (std::optional<Service> service = read_service(reader.report, *item))
      reader.draft.job.services.push_back(std::move(*service));
  }
}

}  // namespace penstock::gitlab
