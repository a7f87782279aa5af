#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "plan/plan.h"

namespace penstock {

/// What must hold of any plan, whichever dialect made it: unique names, stages that exist, needs that exist, no cycle
/// of needs (the jobs of the cycle are named in order). Dialects report the same mistakes with source positions first;
/// here they are a last line of defence.
Result<> check(const Plan& plan);

/// A cycle among needs as job names in order, the first repeated at the end; empty where there is none. Linear time.
std::vector<std::string> find_need_cycle(const Plan& plan);

/// The plan reduced to the named jobs (a name, or the group name of a matrix) and, with `with_needs`, all that they
/// need. Needs and artifact sources on jobs that are left out are dropped. An unknown name is an error with a
/// suggestion.
Result<Plan> select(const Plan& plan, const std::vector<std::string>& names, bool with_needs);

}  // namespace penstock
