#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "dialect_gitlab/expression.h"
#include "dialect_gitlab/paths.h"
#include "dialect_gitlab/read.h"

namespace penstock::gitlab {

/// Where a list of rules stands decides what its rules may say.
enum class RulesOf { job, workflow, include };

/// One rule, read and checked.
struct Rule {
  std::string label;  ///< `rules[0]`.
  SourceLocation location;
  const yaml::Node* node = nullptr;
  const yaml::Node* condition_node = nullptr;
  std::shared_ptr<const Expression> condition;  ///< Null where there is no `if`, or a wrong one.
  std::optional<std::vector<std::string>> changes;
  bool changes_by_regexp = false;  ///< `changes` is one regular expression.
  std::string compare_to;
  std::optional<std::vector<std::string>> exists;
  bool exists_by_regexp = false;
  std::string exists_project;  ///< Empty: the project that the rule's file lies in.
  std::string exists_ref;

  std::string when;  ///< Empty: not said.
  std::optional<Duration> start_in;
  std::optional<AllowFailure> allow_failure;
  std::optional<bool> interruptible;
  Variables variables;
  const yaml::Node* needs = nullptr;
  const yaml::Node* auto_cancel = nullptr;
};
using Rules = std::vector<Rule>;

/// What the rules of a job come to.
struct Verdict {
  const Rule* rule = nullptr;  ///< The first that holds; null where none does.
  std::string when;            ///< `never` where the job is not part of the pipeline.
  Shared<Decision> decision;
};

/// Reads lists of rules, each once however many jobs share it, and finds the first that holds.
class RuleBook {
 public:
  RuleBook(Report& report, SourceReader& reader) : report_(report), paths_(reader) {}

  /// What it returns holds until the next list is read.
  const Rules& read(const yaml::Node& node, RulesOf place);
  /// Whether a job that has this list is part of the pipeline; `usually` is what holds for it where a rule says nothing
  /// of `when`. Jobs that ask the same of the same variables share one verdict. Holds until the next list is read.
  const Verdict& judge(const yaml::Node& list, const std::string& usually, const Scope& scope);
  /// The first rule that holds, or null. What was looked at is recorded in `decision`. `exists` looks into `tree`; null
  /// is the pipeline's own project.
  const Rule* first_match(const Rules& rules, const Scope& scope, Decision& decision, SourceTree* tree = nullptr);

  /// A condition by its text; reports what is no condition, and returns null then.
  std::shared_ptr<const Expression> expression(const yaml::Node& node);
  /// A clause with what it saw; problems are reported at `node`.
  Clause evaluate(const Expression& expression, const yaml::Node& node, const Scope& scope, std::string_view keyword);
  Clause changed(const std::vector<std::string>& patterns, const std::string& compare_to, const Scope& scope,
                 const SourceSpan& span, PathsBy by = PathsBy::glob);
  Clause exists(const std::vector<std::string>& patterns, SourceTree& tree, const Scope& scope, const SourceSpan& span,
                PathsBy by);
  SourceReader& reader() { return paths_.reader(); }

 private:
  struct List {
    Rules rules;
    std::optional<Verdict> verdict;  ///< The last one,
    std::string usually;             ///< and what it depends on.
    Answers answers;
  };

  List& read_list(const yaml::Node& node, RulesOf place);
  void read_rule(const yaml::Node& node, RulesOf place, Rules& rules);
  void read_conditions(const yaml::Node& node, Rule& rule);
  void read_changes(const yaml::Node& node, Rule& rule);
  void read_exists(const yaml::Node& node, Rule& rule);
  /// `regexp` instead of `paths`; false where there is none.
  bool read_regexp(const yaml::Node& node, std::optional<std::vector<std::string>>& patterns);
  void read_start_in(const yaml::Node& node, Rule& rule);
  void read_effects(const yaml::Node& node, RulesOf place, Rule& rule);
  bool holds(const Rule& rule, SourceTree& tree, const Scope& scope, Decision::Rule& seen);
  Clause exists(const Rule& rule, SourceTree& tree, const Scope& scope);

  Report& report_;
  PathQuestions paths_;
  /// By the text of the node that had it first.
  std::unordered_map<std::string_view, std::shared_ptr<const Expression>> expressions_;
  std::unordered_map<const yaml::Node*, List> read_;
};

/// `allow_failure`: a boolean or `exit_codes`.
std::optional<AllowFailure> read_allow_failure(Report& report, const yaml::Node& node);

}  // namespace penstock::gitlab
