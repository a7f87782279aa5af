#include "dialect_gitlab/rules.h"

#include <array>

namespace penstock::gitlab {
namespace {

using yaml::Node;

constexpr std::array<Keyword, 9> kOfJob = {{{"if"},
                                            {"changes"},
                                            {"exists"},
                                            {"when"},
                                            {"start_in"},
                                            {"allow_failure"},
                                            {"variables"},
                                            {"needs"},
                                            {"interruptible"}}};
constexpr std::array<Keyword, 9> kOfWorkflow = {{{"if"},
                                                 {"changes"},
                                                 {"exists"},
                                                 {"when"},
                                                 {"variables"},
                                                 {"auto_cancel"},
                                                 {"start_in"},
                                                 {"allow_failure"},
                                                 {"needs"}}};
/// GitLab takes them in a rule of the workflow, and does nothing with them.
constexpr std::array<std::string_view, 3> kIdleInWorkflow = {"start_in", "allow_failure", "needs"};
constexpr std::array<Keyword, 4> kOfInclude = {{{"if"}, {"changes"}, {"exists"}, {"when"}}};
constexpr std::array<Keyword, 3> kChanges = {{{"paths"}, {"compare_to"}, {"regexp"}}};
constexpr std::array<Keyword, 4> kExists = {{{"paths"}, {"project"}, {"ref"}, {"regexp"}}};
constexpr std::array<std::string_view, 6> kWhens = {"on_success", "on_failure", "always", "manual", "delayed", "never"};
constexpr std::array<std::string_view, 2> kPipelineWhens = {"always", "never"};
constexpr size_t kMaxPatterns = 50;
/// Lists of rules that are kept as read: jobs that share one mostly stand together.
constexpr size_t kRemembered = 64;
constexpr size_t kRememberedExpressions = 256;

std::span<const Keyword> keywords_of(RulesOf place) {
  switch (place) {
    case RulesOf::job:
      return kOfJob;
    case RulesOf::workflow:
      return kOfWorkflow;
    case RulesOf::include:
      return kOfInclude;
  }
  return {};
}

/// What is said of `key`: to say nothing (`changes:`) is as not to say it.
const Node* said(const Node& node, std::string_view key) {
  const Node* value = node.find(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::vector<std::string> read_patterns(Report& report, const Node& node, std::string_view what) {
  std::vector<std::string> patterns;
  for (const Node* item : flat_items(node)) {
    if (std::optional<std::string> pattern = read_string(report, *item, what)) patterns.push_back(std::move(*pattern));
  }
  if (patterns.size() > kMaxPatterns) {
    report.error("too-many", node.span(),
                 std::string(what) + " has " + std::to_string(patterns.size()) + " patterns, at most 50 are allowed");
    patterns.resize(kMaxPatterns);
  }
  return patterns;
}

}  // namespace

const Rules& RuleBook::read(const Node& node, RulesOf place) { return read_list(node, place).rules; }

RuleBook::List& RuleBook::read_list(const Node& node, RulesOf place) {
  if (auto known = read_.find(&node); known != read_.end()) return known->second;
  if (read_.size() >= kRemembered) read_.clear();
  List& list = read_[&node];
  Rules& rules = list.rules;
  if (!node.is_sequence()) {
    wrong_type(report_, node, "`rules`", "a list");
    return list;
  }
  std::vector<const Node*> items = flat_items(node);
  if (items.empty()) report_.error("rules-blank", node.span(), "`rules` is empty");
  rules.reserve(items.size());
  for (const Node* item : items) read_rule(*item, place, rules);
  return list;
}

void RuleBook::read_rule(const Node& node, RulesOf place, Rules& rules) {
  if (node.is_sequence() && node.items().empty()) return;
  if (!check_keywords(report_, node, keywords_of(place), "a rule")) return;
  if (node.entries().empty()) report_.error("missing-value", node.span(), "this rule is empty");
  Rule& rule = rules.emplace_back();
  rule.label = "rules[" + std::to_string(rules.size() - 1) + "]";
  rule.location = location_of(node.span());
  rule.node = &node;
  read_conditions(node, rule);
  read_effects(node, place, rule);
}

void RuleBook::read_conditions(const Node& node, Rule& rule) {
  if (const Node* condition = node.find("if"); condition != nullptr) {
    rule.condition_node = condition;
    rule.condition = expression(*condition);
  }
  if (const Node* changes = said(node, "changes"); changes != nullptr) read_changes(*changes, rule);
  if (const Node* exists = said(node, "exists"); exists != nullptr) read_exists(*exists, rule);
}

bool RuleBook::read_regexp(const Node& node, std::optional<std::vector<std::string>>& patterns) {
  const Node* regexp = node.is_mapping() ? node.find("regexp") : nullptr;
  if (regexp == nullptr) return false;
  if (node.find("paths") != nullptr) {
    report_.error("conflicting-keywords", regexp->span(), "`regexp` can't stand beside `paths`");
  }
  patterns = {read_string(report_, *regexp, "`regexp`").value_or("")};
  return true;
}

void RuleBook::read_exists(const Node& node, Rule& rule) {
  const Node* paths = &node;
  if (!node.is_mapping() && !node.is_sequence()) {
    wrong_type(report_, node, "`exists`", "a list");
  }
  if (node.is_mapping()) {
    check_keywords(report_, node, kExists, "`exists`");
    paths = node.find("paths");
    const Node* project = node.find("project");
    const Node* ref = node.find("ref");
    if (project != nullptr) rule.exists_project = read_string(report_, *project, "`project`").value_or("");
    if (ref != nullptr) rule.exists_ref = read_string(report_, *ref, "`ref`").value_or("");
    if (paths == nullptr && node.find("regexp") == nullptr) require(report_, node, "paths", "`exists`");
    if (ref != nullptr && project == nullptr) {
      report_.error("missing-value", ref->span(), "`ref` stands beside no `project`");
    }
    if (paths != nullptr && !paths->is_sequence()) {
      wrong_type(report_, *paths, "`paths`", "a list");
    }
  }
  if (read_regexp(node, rule.exists)) {
    rule.exists_by_regexp = true;
    return;
  }
  rule.exists = paths == nullptr ? std::vector<std::string>() : read_patterns(report_, *paths, "`exists`");
}

void RuleBook::read_changes(const Node& node, Rule& rule) {
  const Node* paths = &node;
  if (node.is_mapping()) {
    check_keywords(report_, node, kChanges, "`changes`");
    paths = node.find("paths");
    if (const Node* compare_to = node.find("compare_to")) {
      rule.compare_to = read_string(report_, *compare_to, "`compare_to`").value_or("");
    }
    if (paths == nullptr && node.find("regexp") == nullptr) require(report_, node, "paths", "`changes`");
    if (paths != nullptr && !paths->is_sequence()) wrong_type(report_, *paths, "`paths`", "a list");
  } else if (!node.is_sequence()) {
    wrong_type(report_, node, "`changes`", "a list");
  }
  if (read_regexp(node, rule.changes)) {
    rule.changes_by_regexp = true;
    return;
  }
  rule.changes = paths == nullptr ? std::vector<std::string>() : read_patterns(report_, *paths, "`changes`");
}

void RuleBook::read_start_in(const Node& node, Rule& rule) {
  const Node* start_in = said(node, "start_in");
  if (start_in != nullptr) rule.start_in = read_delay(report_, *start_in);
  if (start_in != nullptr && rule.when != "delayed") {
    report_.error("start-in-without-delay", start_in->span(), "`start_in` stands in a rule without `when: delayed`");
  }
  if (rule.when == "delayed" && start_in == nullptr) {
    report_.error("missing-start-in", node.find("when")->span(), "a delayed job needs `start_in`").help =
        "add `start_in: 30 minutes`";
  }
}

void RuleBook::read_effects(const Node& node, RulesOf place, Rule& rule) {
  std::span<const std::string_view> whens =
      place == RulesOf::job ? std::span<const std::string_view>(kWhens) : kPipelineWhens;
  const Node* when = node.find("when");
  if (when != nullptr && !when->is_null()) rule.when = read_word(report_, *when, "`when`", whens).value_or("");
  if (place == RulesOf::include) return;
  if (const Node* variables = node.find("variables"))
    rule.variables = read_variables(report_, *variables, VariablesOf::rule);
  if (place == RulesOf::workflow) {
    rule.auto_cancel = node.find("auto_cancel");
    for (std::string_view keyword : kIdleInWorkflow) {
      const yaml::Entry* idle = node.find_entry(keyword);
      if (idle == nullptr) continue;
      report_.warning("idle-keyword", idle->key->span(),
                      "`" + std::string(keyword) + "` has no effect in `workflow: rules`");
    }
    return;
  }
  read_start_in(node, rule);
  if (const Node* allowed = said(node, "allow_failure")) rule.allow_failure = read_allow_failure(report_, *allowed);
  if (const Node* interruptible = said(node, "interruptible")) {
    rule.interruptible = read_bool(report_, *interruptible, "`interruptible`");
  }
  rule.needs = node.find("needs");
}

std::shared_ptr<const Expression> RuleBook::expression(const Node& node) {
  if (!node.is_string()) {
    wrong_type(report_, node, "`if`", "a string");
    return nullptr;
  }
  const std::string_view text = node.text();
  if (auto known = expressions_.find(text); known != expressions_.end()) return known->second;
  auto parsed = Expression::parse(text);
  if (auto* error = std::get_if<ExpressionError>(&parsed)) {
    Diagnostic& told =
        report_.error("invalid-condition", node.span_within(error->offset, error->length), error->message);
    told.help = error->help;
    return nullptr;
  }
  if (expressions_.size() >= kRememberedExpressions) expressions_.clear();
  auto expression = std::make_shared<const Expression>(std::move(std::get<Expression>(parsed)));
  expressions_.emplace(text, expression);
  return expression;
}

std::optional<AllowFailure> read_allow_failure(Report& report, const Node& node) {
  static constexpr std::array<Keyword, 1> kKeywords = {{{"exit_codes"}}};
  if (!node.is_mapping()) {
    std::optional<bool> truth = read_bool(report, node, "`allow_failure`");
    return truth ? std::optional<AllowFailure>(AllowFailure{*truth, {}}) : std::nullopt;
  }
  check_keywords(report, node, kKeywords, "`allow_failure`");
  AllowFailure allowed;
  if (const Node* codes = node.find("exit_codes")) allowed.exit_codes = read_exit_codes(report, *codes, "`exit_codes`");
  return allowed;
}

}  // namespace penstock::gitlab
