#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/testing/driver.h"
#include "plan/plan.h"

namespace penstock::testing {

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(static_cast<std::mt19937::result_type>(seed * 2654435761U + 1)) {}
  size_t below(size_t limit) { return engine_() % limit; }
  bool one_in(size_t chances) { return below(chances) == 0; }
  template <class T>
  const T& of(const std::vector<T>& items) {
    return items[below(items.size())];
  }

 private:
  std::minstd_rand engine_;
};

/// How much of the engine a plan and its schedule make use of.
enum class Wildness {
  plain,  // what the naive model knows: conditions, needs, manual jobs, allowed failures, cancels of one job
  wild,   // all there is
};

inline Job random_job(Random& random, Wildness wildness, const std::vector<Job>& before, const std::string& stage,
                      size_t number) {
  JobBuilder job("j" + std::to_string(number), stage);
  job.when(static_cast<Condition>(random.one_in(2) ? 0 : random.below(3)));
  if (random.one_in(4)) job.may_fail();
  if (random.one_in(4)) job.manual(random.one_in(2));
  if (random.one_in(2)) {
    job.needs({});
    for (const Job& other : before)
      if (random.one_in(before.size() / 2 + 1)) job.job.needs->push_back({other.name, true, false});
  }
  if (wildness == Wildness::plain) return std::move(job.job);
  if (random.one_in(8)) job.delayed(Duration(static_cast<int64_t>(random.below(50))));
  if (random.one_in(4)) job.retry({static_cast<int>(random.below(3)), {}, {}});
  if (random.one_in(4)) job.resource(random.one_in(2) ? "east" : "west");
  if (random.one_in(8)) job.environment("production");
  if (random.one_in(8)) job.may_fail_with({7});
  return std::move(job.job);
}

inline std::shared_ptr<Plan> random_plan(Random& random, Wildness wildness) {
  auto plan = std::make_shared<Plan>();
  const size_t stages = 1 + random.below(4);
  for (size_t i = 0; i < stages; ++i) plan->stages.push_back("s" + std::to_string(i));
  const size_t jobs = 1 + random.below(9);
  std::vector<size_t> places;
  for (size_t i = 0; i < jobs; ++i) places.push_back(random.below(stages));
  std::sort(places.begin(), places.end());
  for (size_t i = 0; i < jobs; ++i)
    plan->jobs.push_back(random_job(random, wildness, plan->jobs, plan->stages[places[i]], i));
  plan->auto_cancel.on_job_failure = wildness == Wildness::wild && random.one_in(8);
  return plan;
}

}  // namespace penstock::testing
