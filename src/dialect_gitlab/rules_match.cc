#include "dialect_gitlab/include_address.h"
#include "dialect_gitlab/path_pattern.h"
#include "dialect_gitlab/rules.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;

std::string listed(std::string_view keyword, const std::vector<std::string>& patterns, PathsBy by = PathsBy::glob) {
  std::string text(keyword);
  if (by == PathsBy::regexp) return text + ": /" + patterns.front() + "/";
  for (size_t i = 0; i < patterns.size(); ++i) text += (i == 0 ? ": " : ", ") + patterns[i];
  return text;
}

std::vector<std::string> expand_all(const std::vector<std::string>& patterns, const Scope& scope) {
  std::vector<std::string> expanded;
  expanded.reserve(patterns.size());
  for (const std::string& pattern : patterns) expanded.push_back(expand(pattern, scope, Unknown::keep));
  return expanded;
}

PathsBy by(bool regexp) { return regexp ? PathsBy::regexp : PathsBy::glob; }

/// What is no pattern once its variables are replaced matches nothing, and is told.
void check_patterns(Report& report, const std::vector<std::string>& patterns, PathsBy kind, const SourceSpan& span) {
  if (kind != PathsBy::regexp) return;
  const PathPattern pattern(patterns.front());
  if (!pattern.problem().empty()) {
    report.error("invalid-pattern", span, "`regexp` can't be used: " + pattern.problem());
  }
}

std::string_view in_words(std::string_view when) {
  if (when == "manual") return "a person starts it";
  if (when == "delayed") return "it starts after a delay";
  if (when == "always") return "it runs whatever became of the jobs before it";
  if (when == "on_failure") return "it runs when a job before it failed";
  return "it runs when the jobs before it passed";
}

std::string summary_of(const Rule* rule, std::string_view when) {
  if (rule == nullptr) return "no rule holds, so it is not part of the pipeline";
  if (when == "never") return "`" + rule->label + "` holds and says never, so it is not part of the pipeline";
  return "`" + rule->label + "` holds: " + std::string(in_words(when));
}

Clause not_reached(std::string text) { return {std::move(text), Clause::Outcome::not_reached, {}}; }

}  // namespace

Clause RuleBook::evaluate(const Expression& expression, const Node& node, const Scope& scope,
                          std::string_view keyword) {
  Evaluation evaluation = expression.evaluate(scope);
  if (!evaluation.problem.empty()) {
    report_.error("undecidable-condition", node.span(), std::move(evaluation.problem));
  }
  std::string text;
  text.reserve(keyword.size() + 1 + node.text().size());
  text.append(keyword).append(" ").append(node.text());
  return {std::move(text), evaluation.truth ? Clause::Outcome::yes : Clause::Outcome::no, std::move(evaluation.detail)};
}

Clause RuleBook::changed(const std::vector<std::string>& patterns, const std::string& compare_to, const Scope& scope,
                         const SourceSpan& span, PathsBy kind) {
  const std::vector<std::string> expanded = expand_all(patterns, scope);
  check_patterns(report_, expanded, kind, span);
  PathQuestions::Answer answer = paths_.changed(expanded, expand(compare_to, scope, Unknown::keep), kind);
  if (!answer.problem.empty())
    report_.error("unknown-changes", span, "the changed files can't be told: " + answer.problem);
  return {listed("changes", patterns, kind), answer.yes ? Clause::Outcome::yes : Clause::Outcome::no,
          std::move(answer.detail)};
}

Clause RuleBook::exists(const std::vector<std::string>& patterns, SourceTree& tree, const Scope& scope,
                        const SourceSpan& span, PathsBy kind) {
  const std::vector<std::string> expanded = expand_all(patterns, scope);
  check_patterns(report_, expanded, kind, span);
  PathQuestions::Answer answer = paths_.exists(tree, expanded, kind);
  return {listed("exists", patterns, kind), answer.yes ? Clause::Outcome::yes : Clause::Outcome::no,
          std::move(answer.detail)};
}

Clause RuleBook::exists(const Rule& rule, SourceTree& tree, const Scope& scope) {
  const PathsBy kind = by(rule.exists_by_regexp);
  const SourceSpan& span = rule.node->span();
  if (rule.exists_project.empty()) return exists(*rule.exists, tree, scope, span, kind);
  OutsideProject wanted;
  wanted.path = expand(rule.exists_project, scope, Unknown::empty);
  wanted.ref = expand(rule.exists_ref, scope, Unknown::empty);
  Result<FoundProject> project =
      is_project_path(wanted.path)
          ? reader().project(wanted)
          : Result<FoundProject>(Error{Fault::user, "that is no project's path", "write it like `group/project`"});
  if (project.ok()) return exists(*rule.exists, *project->tree, scope, span, kind);
  const Node* at = rule.node->find("exists")->find("project");
  report_
      .error("unknown-exists", at->span(),
             "the files of `" + wanted.path + "` can't be had: " + project.error().message)
      .help = project.error().help;
  return {listed("exists", *rule.exists, kind), Clause::Outcome::no, "the project can't be reached"};
}

bool RuleBook::holds(const Rule& rule, SourceTree& tree, const Scope& scope, Decision::Rule& seen) {
  bool so_far = rule.condition_node == nullptr || rule.condition != nullptr;
  auto record = [&](Clause clause) {
    so_far = so_far && clause.outcome == Clause::Outcome::yes;
    seen.clauses.push_back(std::move(clause));
  };
  if (rule.condition != nullptr) record(evaluate(*rule.condition, *rule.condition_node, scope, "if"));
  if (rule.changes) {
    const PathsBy kind = by(rule.changes_by_regexp);
    record(so_far ? changed(*rule.changes, rule.compare_to, scope, rule.node->span(), kind)
                  : not_reached(listed("changes", *rule.changes, kind)));
  }
  if (rule.exists)
    record(so_far ? exists(rule, tree, scope) : not_reached(listed("exists", *rule.exists, by(rule.exists_by_regexp))));
  return so_far;
}

const Rule* RuleBook::first_match(const Rules& rules, const Scope& scope, Decision& decision, SourceTree* tree) {
  decision.rules.reserve(rules.size());
  for (const Rule& rule : rules) {
    Decision::Rule& seen = decision.rules.emplace_back();
    seen.location = rule.location;
    seen.label = rule.label;
    seen.matched = holds(rule, tree != nullptr ? *tree : reader(), scope, seen);
    if (seen.matched) return &rule;
  }
  return nullptr;
}

const Verdict& RuleBook::judge(const Node& node, const std::string& usually, const Scope& scope) {
  List& list = read_list(node, RulesOf::job);
  if (list.verdict && list.usually == usually && list.answers.hold_in(scope)) return *list.verdict;
  list.usually = usually;
  list.answers = {};
  Decision decision;
  Verdict& verdict = list.verdict.emplace();
  verdict.rule = first_match(list.rules, scope.heard_by(list.answers), decision);
  const bool silent = verdict.rule != nullptr && verdict.rule->when.empty();
  verdict.when = silent ? usually : verdict.rule != nullptr ? verdict.rule->when : "never";
  decision.summary = summary_of(verdict.rule, verdict.when);
  verdict.decision = std::move(decision);
  return verdict;
}

}  // namespace penstock::gitlab
