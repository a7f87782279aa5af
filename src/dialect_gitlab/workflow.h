#pragma once

#include <array>

#include "dialect_gitlab/rules.h"
#include "dialect_gitlab/tree.h"
#include "plan/plan.h"

namespace penstock::gitlab {

/// What `workflow` makes of the pipeline.
struct Workflow {
  bool runs = true;
  bool has_rules = false;
  Decision decision;
  std::string name;     ///< As written; it is expanded once all variables are known.
  Variables variables;  ///< Of the rule that held.
  AutoCancel auto_cancel;
};
Workflow decide_workflow(Report& report, RuleBook& rules, const yaml::Node* node, const Scope& scope);

/// The stages as written (or the default ones), `.pre` first and `.post` last.
std::vector<std::string> read_stages(Report& report, const yaml::Node* node);

/// The top level without its jobs.
struct Globals {
  const yaml::Node* stages = nullptr;
  const yaml::Node* workflow = nullptr;
  Variables variables;
};

}  // namespace penstock::gitlab
