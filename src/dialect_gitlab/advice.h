#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dialect_gitlab/compilation.h"

namespace penstock::gitlab {

/// Where a text refers to a variable. The place as lines and columns takes time in proportion to the file to find.
struct VariableUse {
  const yaml::Node* text = nullptr;
  size_t offset = 0;
  size_t length = 0;

  [[nodiscard]] SourceSpan place() const { return text->span_within(offset, length); }
};

/// What the texts of a pipeline say of variables.
struct VariableFacts {
  std::set<std::string, std::less<>> secrets;            ///< Names that the caller or a job says are secret.
  std::set<std::string, std::less<>> set;                ///< Those that something in the pipeline gives a value.
  std::map<std::string, VariableUse, std::less<>> used;  ///< Each with the first text that refers to it.
};

/// Advice on a pipeline: warnings of what GitLab takes and is surely wrong or unsafe. `ci lint` asks for it; each
/// warning has a page in docs/lint/. It looks at jobs as they are written, those that are left out of this pipeline
/// too.
class Advice {
 public:
  /// `globals`: the pipeline's `variables`. `kinds`: what it is about, but for those that are apart.
  Advice(Report& report, RuleBook& rules, const CompileRequest& request, const Variables& globals,
         const yaml::Node* workflow, const std::vector<KindScope>& kinds);

  void look_at(const Defaults& defaults);
  void look_at(const Draft& draft);
  /// What concerns several jobs, once all have been looked at.
  void compare(const Jobs& jobs);
  /// Tells of a job that one push to a branch with an open merge request starts in two pipelines. `all` of them
  /// together are about all kinds, each kind by the one that knows its includes.
  static void compare_pipelines(const std::vector<Advice*>& all);

 private:
  /// A kind of pipeline in which the jobs are those that are looked at.
  struct Event {
    const KindScope* kind;
    Variables globals;   ///< The pipeline's, and those of the `workflow` rule that holds.
    bool exists = true;  ///< `workflow` lets it be.
  };
  /// Whether a job is in a pipeline: empty for no, `kAlways`, else what it depends on.
  using Membership = std::string;
  struct Seen {
    const yaml::Node* key = nullptr;
    std::vector<Membership> by_event;
    std::vector<NeedRequest> needs;
    const yaml::Node* merge_request_rule = nullptr;
  };

  void add_event(const KindScope& kind);
  /// Where the event stands; nothing where another advice is about it.
  [[nodiscard]] std::optional<size_t> find_event(PipelineKind::Of of) const;
  /// What was seen of a job; null where there is none of that name.
  [[nodiscard]] const Seen* find_seen(std::string_view name) const;
  void look_at_keyword(std::string_view keyword, const yaml::Node& value);
  void look_at_rules(const Draft& draft);
  void look_at_membership(const Draft& draft);
  Membership membership(const Rules& rules, const Scope& scope, const yaml::Node** decisive) const;
  /// `needed`: null where there is no such job.
  void compare_needs(const Seen& seen, const Seen* needed, const NeedRequest& need);
  void look_at_condition(const yaml::Node& condition);
  void compare_variables();

  Report& report_;
  RuleBook& rules_;
  const CompileRequest& request_;
  const Variables& globals_;
  const yaml::Node* workflow_rules_ = nullptr;
  VariableFacts variables_;
  bool any_name_may_be_set_ = false;  ///< A job hands on variables that it computes (`dotenv`).
  std::vector<Event> events_;
  std::vector<Seen> seen_;
  std::unordered_map<std::string_view, size_t> index_;
  std::unordered_map<std::string, size_t> instances_;  ///< Of parallel jobs, by the instances' names.
};

/// Advice on the jobs of different kinds of pipelines: what `first` could not tell since they include other files is
/// found out by compiling these, and added to it.
void advise_on_kinds(const CompileRequest& request, SourceReader& reader, Compilation& first);

/// Advice on one keyword's value: a script's lines, an image, a list of services.
void advise_on_script(Report& report, const yaml::Node& node, VariableFacts& variables);
void advise_on_image(Report& report, const yaml::Node& node);
void advise_on_services(Report& report, const yaml::Node& node);

}  // namespace penstock::gitlab
