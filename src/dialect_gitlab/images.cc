#include <algorithm>
#include <array>

#include "dialect_gitlab/compilation.h"

/// Which images a pipeline takes, by names that a lock can hold.
namespace penstock::gitlab {
namespace {

using yaml::Node;

/// Predefined variables that are the project's or its server's, whatever pipeline it is.
bool lasts(std::string_view name) {
  constexpr std::array<std::string_view, 6> kPrefixes = {
      "CI_PROJECT_", "CI_SERVER_", "CI_REGISTRY", "CI_API_", "CI_DEPENDENCY_PROXY_", "CI_TEMPLATE_REGISTRY_"};
  return name == "CI_DEFAULT_BRANCH" || std::any_of(kPrefixes.begin(), kPrefixes.end(),
                                                    [&](std::string_view prefix) { return name.starts_with(prefix); });
}

bool has_variable(std::string_view name) { return name.find_first_of("$%") != std::string_view::npos; }

}  // namespace

/// The names as far as they are the same in every pipeline, those that another rule would give too. What is locked
/// stands in the job by its digest.
void Compilation::settle_images(const Draft& draft, const Variables& own, const Variables* inherited,
                                const Variables& of_rule, Job& job) {
  if (lasting_.empty()) {
    for (const Variable& variable : request_.predefined) {
      if (lasts(variable.name)) lasting_.push_back(variable);
    }
  }
  const auto settled = [&](const std::string& name, const Variables& rule) {
    if (!has_variable(name)) return name;
    Scope scope;
    scope.below(request_.pipeline_variables).below(rule).below(own);
    inherited == nullptr ? scope.below(globals_) : scope.below(*inherited);
    scope.below(lasting_);
    return expand(name, scope, Unknown::keep);
  };
  const auto settle = [&](Image& image) {
    const std::string name = settled(image.name, of_rule);
    if (draft.rules != nullptr && has_variable(image.name)) {
      for (const Rule& rule : rules_.read(*draft.rules, RulesOf::job))
        images_.insert(settled(image.name, rule.variables));
    }
    images_.insert(name);
    const auto digest = request_.image_digests.find(name);
    if (digest != request_.image_digests.end() && name.find('@') == std::string::npos)
      image.name = name + "@sha256:" + digest->second;
  };
  if (job.image) settle(*job.image);
  for (Service& service : job.services) settle(service.image);
}

void Compilation::ask_for_child(const Draft& draft, const Job& job) {
  const auto same = [&](const ChildRequest& known) { return known.trigger == *job.trigger; };
  if (std::any_of(children_.begin(), children_.end(), same)) return;
  const Node* trigger = draft.node->find("trigger");
  const Node* includes = trigger == nullptr ? nullptr : trigger->find("include");
  const Node* place = includes == nullptr ? draft.key : includes;
  children_.push_back({job.name, *job.trigger, place->span(), report_.chain_of(*place->span().file)});
}

}  // namespace penstock::gitlab
