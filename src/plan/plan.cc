#include "plan/plan.h"

#include <algorithm>
#include <string_view>

namespace penstock {

const Job* find_job(const Plan& plan, std::string_view name) {
  const auto found = std::find_if(plan.jobs.begin(), plan.jobs.end(), [&](const Job& job) { return job.name == name; });
  return found == plan.jobs.end() ? nullptr : &*found;
}

}  // namespace penstock
