#include "dialect_gitlab/only_except.h"

#include <re2/re2.h>

#include <array>

#include "dialect_gitlab/expression_tree.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;

constexpr std::array<Keyword, 4> kPolicy = {{{"refs"}, {"variables"}, {"changes"}, {"kubernetes"}}};

std::string value_of(const Scope& scope, std::string_view name) {
  const Variable* variable = scope.find(name);
  return variable == nullptr ? std::string() : variable->value;
}

bool is_merge_request(const Scope& scope) {
  return value_of(scope, "CI_PIPELINE_SOURCE") == "merge_request_event" ||
         !value_of(scope, "CI_MERGE_REQUEST_IID").empty();
}

/// `push` is meant by `pushes`, `merge_request_event` by `merge_requests`.
bool names_source(std::string_view word, std::string_view source) {
  if (source.ends_with("_event")) source.remove_suffix(6);
  if (word == "pushes") return source == "push";
  return word == source || word == std::string(source) + "s";
}

class Policy {
 public:
  Policy(Report& report, RuleBook& rules, const Scope& scope) : report_(report), rules_(rules), scope_(scope) {}

  /// `all`: every kind of condition must hold (`only`); else one is enough (`except`).
  bool holds(const Node& node, bool all, Decision::Rule& seen) {
    if (!node.is_mapping()) {
      seen.clauses.push_back(refs(node, "`" + seen.label + "`"));
      return seen.clauses.back().outcome == Clause::Outcome::yes;
    }
    if (!check_keywords(report_, node, kPolicy, "`" + seen.label + "`")) return false;
    if (const Node* value = node.find("refs")) {
      seen.clauses.push_back(refs(*value, "`refs`"));
    } else if (all && is_merge_request(scope_)) {
      seen.clauses.push_back({"refs: branches, tags", Clause::Outcome::no, "as `only` says where it names no refs"});
    }
    if (const Node* value = node.find("variables")) seen.clauses.push_back(variables(*value));
    if (const Node* value = node.find("changes")) seen.clauses.push_back(changes(*value));
    if (const Node* value = node.find("kubernetes")) {
      seen.clauses.push_back({"kubernetes: " + value->to_text(), Clause::Outcome::no, "no cluster is connected"});
    }
    size_t held = 0;
    for (const Clause& clause : seen.clauses) held += clause.outcome == Clause::Outcome::yes ? 1 : 0;
    return all ? held == seen.clauses.size() : held > 0;
  }

 private:
  Clause refs(const Node& node, const std::string& what) {
    Clause clause{"refs:", Clause::Outcome::no, {}};
    for (const Node* item : list_of(node, what)) {
      std::optional<std::string> pattern = read_string(report_, *item, "a ref");
      if (!pattern) continue;
      clause.text += (clause.text.back() == ':' ? " " : ", ") + *pattern;
      if (matches(*item, *pattern)) clause.outcome = Clause::Outcome::yes;
    }
    clause.detail = value_of(scope_, "CI_COMMIT_TAG").empty() ? "the branch is \"" : "the tag is \"";
    clause.detail +=
        value_of(scope_, "CI_COMMIT_REF_NAME") + "\", the source is " + value_of(scope_, "CI_PIPELINE_SOURCE");
    return clause;
  }

  bool matches(const Node& node, const std::string& written) {
    std::string_view pattern = written;
    bool is_pattern = pattern.starts_with('/');
    const size_t at = pattern.find('@');  // in a regular expression it is `\x40`
    if (at != std::string_view::npos) {
      if (pattern.substr(at + 1) != value_of(scope_, "CI_PROJECT_PATH")) return false;
      pattern = pattern.substr(0, at);
    }
    bool tag = !value_of(scope_, "CI_COMMIT_TAG").empty();
    bool branch = !value_of(scope_, "CI_COMMIT_BRANCH").empty();
    std::string ref = value_of(scope_, "CI_COMMIT_REF_NAME");
    if (!is_pattern) {
      if (pattern == "tags") return tag;
      if (pattern == "branches") return branch;
      if (names_source(pattern, value_of(scope_, "CI_PIPELINE_SOURCE"))) return true;
      return pattern == ref && !is_merge_request(scope_);
    }
    std::shared_ptr<re2::RE2> compiled = compile_pattern(pattern);
    if (compiled == nullptr) {
      report_.error("invalid-pattern", node.span(), "RE2 can't read this regular expression");
      return false;
    }
    // As on GitLab, names and patterns are of branches and tags: a merge request's pipeline has neither.
    return !is_merge_request(scope_) && re2::RE2::PartialMatch(ref, *compiled);
  }

  Clause variables(const Node& node) {
    Clause any{"variables:", Clause::Outcome::no, {}};
    for (const Node* item : flat_items(node)) {
      std::shared_ptr<const Expression> expression = rules_.expression(*item);
      if (expression == nullptr) continue;
      Clause clause = rules_.evaluate(*expression, *item, scope_, "");
      any.text += (any.text.back() == ':' ? "" : ",") + clause.text;
      any.detail += (any.detail.empty() ? "" : ", ") + clause.detail;
      if (clause.outcome == Clause::Outcome::yes) any.outcome = Clause::Outcome::yes;
    }
    return any;
  }

  /// GitLab takes no single text for a list here.
  std::vector<const Node*> list_of(const Node& node, const std::string& what) {
    if (node.is_sequence()) return flat_items(node);
    read_strings(report_, node, what);
    return {};
  }

  Clause changes(const Node& node) {
    std::vector<std::string> patterns;
    for (const Node* item : list_of(node, "`changes`")) {
      if (auto pattern = read_string(report_, *item, "`changes`")) patterns.push_back(std::move(*pattern));
    }
    return rules_.changed(patterns, "", scope_, node.span());
  }

  Report& report_;
  RuleBook& rules_;
  const Scope& scope_;
};

bool ask(Policy& policy, const Node& node, std::string label, bool all, Decision& decision) {
  Decision::Rule& seen = decision.rules.emplace_back();
  seen.location = location_of(node.span());
  seen.label = std::move(label);
  seen.matched = policy.holds(node, all, seen);
  return seen.matched;
}

}  // namespace

bool allowed_by_only_except(Report& report, RuleBook& rules, const Draft& draft, const Scope& scope,
                            bool workflow_has_rules, Shared<Decision>& decision) {
  static const Shared<Decision> kNoRules(Decision{{}, "it has no rules, so it is part of every pipeline"});
  Policy policy(report, rules, scope);
  Decision seen;
  const auto settled = [&](bool allowed, const char* summary) {
    seen.summary = summary;
    decision = std::move(seen);
    return allowed;
  };
  if (draft.only != nullptr && !ask(policy, *draft.only, "only", true, seen))
    return settled(false, "`only` doesn't let it into this pipeline");
  if (draft.except != nullptr && ask(policy, *draft.except, "except", false, seen))
    return settled(false, "`except` keeps it out of this pipeline");
  if (draft.only == nullptr && !workflow_has_rules && is_merge_request(scope))
    return settled(false, "a job without `rules` and `only` is not part of a merge request's pipeline");
  if (draft.only != nullptr) return settled(true, "`only` lets it into this pipeline");
  if (draft.except != nullptr) return settled(true, "`except` doesn't keep it out");
  decision = kNoRules;
  return true;
}

}  // namespace penstock::gitlab
