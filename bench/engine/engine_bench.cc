#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <string>

#include "engine/json.h"
#include "engine/run.h"
#include "plan/check.h"
#include "plan/json.h"
#include "plan/plan.h"

// Costs of the pure rooms for large plans, to be read beside those of processes and disks: a job that takes a
// millisecond to start must not wait for the engine. Quadratic behaviour shows as a column that grows with the size.
namespace {

using namespace penstock;

std::shared_ptr<Plan> plan_of(size_t jobs, const std::function<void(Job&, size_t)>& shape) {
  auto plan = std::make_shared<Plan>();
  plan->dialect = "gitlab";
  plan->stages = {"build", "test"};
  for (size_t i = 0; i < jobs; ++i) {
    Job& job = plan->jobs.emplace_back();
    job.name = job.group = "job-" + std::to_string(i);
    job.stage = "build";
    job.steps.emplace_back(ScriptStep{{"echo " + std::to_string(i)}});
    Decision decision;
    for (int rule = 0; rule < 3; ++rule)
      decision.rules.push_back(
          {{".gitlab-ci.yml", 7, 3}, "rules[0]", {{"if $CI", Clause::Outcome::no, "CI is \"\""}}, false});
    job.decision = std::move(decision);
    shape(job, i);
  }
  return plan;
}

void report(const char* what, size_t jobs, const std::function<void()>& work) {
  const std::clock_t start = std::clock();
  work();
  const double took = 1e6 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  std::printf("%-44s %7zu jobs %10.2f ms %8.3f us a job\n", what, jobs, took / 1000, took / static_cast<double>(jobs));
}

/// Starts and passes all jobs, two at a time, asking as a driver does and storing what a transition must store.
void drive(const std::shared_ptr<const Plan>& plan) {
  Run run(plan, {});
  size_t stored = 0;
  const auto apply = [&](decltype(Event::what) what) {
    const Event event{Instant{}, std::move(what)};
    stored += to_json(event).size();
    if (!run.apply(event).ok()) std::abort();
    for (const size_t i : run.take_changed()) stored += to_json(run.state(i)).size();
  };
  apply(event::Started{});
  while (!run.is_parked()) {
    const auto pending = run.pending(2);
    for (const size_t i : pending) apply(event::JobStarted{run.job(i).name});
    for (const size_t i : pending) apply(event::JobFinished{run.job(i).name, 1, {}});
  }
  if (run.status() != Status::success || stored == 0) std::abort();
}

}  // namespace

int main() {
  for (const size_t jobs : {1000U, 10000U}) {
    const auto independent = plan_of(jobs, [](Job& job, size_t) { job.needs.emplace(); });
    const auto chain = plan_of(jobs, [](Job& job, size_t i) {
      job.needs.emplace();
      if (i > 0) job.needs->push_back({"job-" + std::to_string(i - 1), true, false});
    });
    const auto stages = plan_of(jobs, [jobs](Job& job, size_t i) { job.stage = i < jobs / 2 ? "build" : "test"; });
    report("drive: independent", jobs, [&] { drive(independent); });
    report("drive: a chain of needs", jobs, [&] { drive(chain); });
    report("drive: two stages", jobs, [&] { drive(stages); });
    report("plan: check", jobs, [&] { (void)check(*chain).ok(); });
    std::string json;
    report("plan: to JSON", jobs, [&] { json = to_json(*chain); });
    report("plan: from JSON", jobs, [&] { (void)plan_from_json(json).ok(); });
  }
}
