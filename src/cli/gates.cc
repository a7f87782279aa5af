#include "cli/gates.h"

#include "engine/run.h"
#include "plan/plan.h"

namespace penstock {

Gates gates_of(const Run& run, const std::string& name) {
  const auto collect = [&](auto matches) {
    Gates gates;
    for (size_t i = 0; i < run.size(); ++i) {
      if (!matches(run.job(i))) continue;
      gates.known.push_back(i);
      if (run.state(i).status == Status::manual || run.state(i).status == Status::scheduled) gates.waiting.push_back(i);
    }
    return gates;
  };
  Gates gates = collect([&](const Job& job) { return job.environment && job.environment->name == name; });
  if (gates.known.empty()) gates = collect([&](const Job& job) { return job.stage == name; });
  if (gates.known.empty()) gates = collect([&](const Job& job) { return job.name == name || job.group == name; });
  return gates;
}

}  // namespace penstock
