#pragma once

#include <memory>
#include <memory_resource>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "dialect_gitlab/job.h"
#include "dialect_gitlab/tree.h"
#include "dialect_gitlab/workflow.h"
#include "plan/dialect.h"

namespace penstock::gitlab {

/// What a job of the plan asks of others. Stands beside the job, by index.
struct Asks {
  size_t written = 0;  ///< Which WrittenJob it comes from.
  std::optional<std::vector<NeedRequest>> needs;
  std::optional<std::vector<NeedRequest>> dependencies;
};

/// The jobs that are part of the pipeline, those that are not, and the stages by name.
struct Jobs {
  std::vector<WrittenJob> written;
  std::vector<Job> included;
  std::vector<Asks> asks;
  std::vector<LeftOutJob> left_out;
  std::vector<std::string> stages;
  std::unordered_map<std::string_view, size_t> stage_index;
};

class Advice;

/// One compilation from source to plan. The steps run in this order; each reports what it finds, and a later one copes
/// with what an earlier one had to leave out, so that all mistakes are told at once.
class Compilation {
 public:
  /// What one compilation of a request is about.
  struct View {
    std::vector<const PipelineKind*> kinds = {};  ///< Those that are advised on.
    bool plan = true;                             ///< Else advice is all that is wanted.
    std::vector<SourceLocation> taken = {};       ///< `include` entries that count though their rules don't hold.
  };
  Compilation(const CompileRequest& request, SourceReader& reader, View view);
  ~Compilation();
  Compilation(const Compilation&) = delete;
  Compilation& operator=(const Compilation&) = delete;
  /// All but the diagnostics.
  CompileResult run();
  Diagnostics take_diagnostics() { return report_.take(); }
  [[nodiscard]] bool failed() const { return report_.failed(); }
  /// Null where there is none.
  [[nodiscard]] Advice* advice() { return advice_.get(); }
  /// The kinds whose includes are others, so that no advice was given on them.
  [[nodiscard]] std::vector<const PipelineKind*> kinds_apart() const;
  /// What another compilation of the same request has found, too.
  void add(Diagnostics diagnostics) { report_.add(std::move(diagnostics)); }

 private:
  bool load();
  void read_globals();
  void read_default(const yaml::Node& node);
  void check_defaults();
  void read_section(const Config::Section& section);
  void place_stages();
  void read_jobs();
  void check_draft(const Draft& draft);
  [[nodiscard]] bool is_final(const yaml::Node* node) const;
  void decide_instances(Draft& draft, size_t written);
  bool take_name(const std::string& name, const Draft& draft, size_t written);
  void check_names(const Draft& draft);
  void make_room(size_t count, size_t left);
  /// False: the job is not part of the pipeline.
  bool decide_instance(const Draft& draft, Job& job, size_t written);
  bool decide(const Draft& draft, const Scope& scope, Job& job, Asks& asks, Variables& rule_variables);
  void place_environment(const Draft& draft, const Scope& scope, Job& job, Variables& predefined);
  void check_declared(const Draft& draft, Job& job);
  void leave_out(Job job);
  // images.cc
  void settle_images(const Draft& draft, const Variables& own, const Variables* inherited, const Variables& of_rule,
                     Job& job);
  void ask_for_child(const Draft& draft, const Job& job);
  Plan make_plan();

  const CompileRequest& request_;
  SourceReader& reader_;
  yaml::Arena arena_;
  Report report_;
  RuleBook rules_;
  Config config_;
  Defaults defaults_;
  Workflow workflow_;
  Variables global_variables_;
  VariableLayer predefined_;
  VariableLayer globals_;
  Variables lasting_;  ///< Predefined ones that don't differ from one pipeline to the next.
  const yaml::Node* stages_node_ = nullptr;
  const yaml::Node* workflow_node_ = nullptr;
  const View view_;
  std::vector<IncludeEntry> includes_;
  std::vector<KindScope> kinds_;
  std::unique_ptr<Advice> advice_;  ///< Where it was asked for.
  Jobs jobs_;
  std::set<std::string> images_;
  std::vector<ChildRequest> children_;
  bool names_may_clash_ = false;  ///< A job is written under a name that an instance of another may have.
  std::pmr::monotonic_buffer_resource names_memory_;
  std::pmr::unordered_set<std::pmr::string> instance_names_{
      &names_memory_};  ///< Of parallel jobs; what is written down is unique anyway.
};

/// Compiles the request once more for each `include` entry that `first` has left out, with that entry, and adds what
/// those take: images, child pipelines, and as warnings what can't be had. Other mistakes count once it is included.
void survey_includes(const CompileRequest& request, SourceReader& reader, Compilation& first, CompileResult& result);

/// Fills `Job::needs` and `artifacts_from` from what the jobs ask for, and reports what can't be had.
void resolve_needs(Report& report, Jobs& jobs);

}  // namespace penstock::gitlab
