#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "dialect_gitlab/job.h"
#include "dialect_gitlab/tree.h"
#include "dialect_gitlab/workflow.h"
#include "plan/dialect.h"

namespace penstock::gitlab {

/// One job of the plan to be: an instance of a draft, decided.
struct Instance {
  const Draft* draft;
  Job job;
  std::optional<std::vector<NeedRequest>> needs;
};

/// One compilation from source to plan. The steps run in this order; each reports what it finds, and a later one copes
/// with what an earlier one had to leave out, so that all mistakes are told at once.
class Compilation {
 public:
  Compilation(const CompileRequest& request, SourceReader& reader);
  CompileResult run();

 private:
  bool load();
  void read_globals();
  void read_default(const yaml::Node& node);
  void read_section(const Config::Section& section);
  void read_jobs();
  void decide_jobs();
  void decide_instance(const Draft& draft, const MatrixValues& values, int index, int total);
  bool decide(const Draft& draft, const Scope& scope, Instance& instance, Variables& rule_variables);
  Variables own_predefined(const Draft& draft, const std::string& name, int index, int total) const;
  void place_environment(const Draft& draft, const Scope& scope, Job& job);
  void check_stages();
  void leave_out(const Draft& draft, std::string name, Decision decision);
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
  const yaml::Node* stages_node_ = nullptr;
  const yaml::Node* workflow_node_ = nullptr;
  std::vector<std::string> stages_;
  std::unordered_map<std::string_view, size_t> stage_index_;
  std::vector<Draft> drafts_;
  std::vector<Instance> instances_;
  std::vector<LeftOutJob> left_out_;
};

/// Fills `Job::needs` and `artifacts_from` of all instances from what they ask for, and reports what can't be had.
void resolve_needs(Report& report, std::vector<Instance>& instances, const std::vector<LeftOutJob>& left_out,
                   const std::vector<Draft>& drafts, const std::unordered_map<std::string_view, size_t>& stage_index);

}  // namespace penstock::gitlab
