#pragma once

#include "dialect_gitlab/job.h"

namespace penstock::gitlab {

/// Whether `only` and `except` (the forms before `rules`) let a job into the pipeline; what was looked at is recorded
/// in `decision`. Where the workflow has rules, a job without `only` is part of a merge request's pipeline too.
bool allowed_by_only_except(Report& report, RuleBook& rules, const Draft& draft, const Scope& scope,
                            bool workflow_has_rules, Shared<Decision>& decision);

}  // namespace penstock::gitlab
