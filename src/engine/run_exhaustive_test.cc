#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/run.h"
#include "engine/testing/driver.h"
#include "engine/testing/naive.h"

// All plans of two stages and up to four jobs, over all graphs of needs, the conditions, optional and blocking manual
// jobs, and every end of every job that runs: passed, failed, failed where that is allowed. After each event the engine
// and the naive model must agree.
namespace penstock {
namespace {

using testing::NaiveRun;
using Fate = NaiveRun::Fate;

/// What tells one job of a plan from another.
struct Shape {
  int kind = 0;    // on_success, on_failure, always, optional manual, blocking manual
  int needs = -1;  // a set of earlier jobs, as bits; -1: no `needs`, so it waits for the stage before

  friend auto operator<=>(const Shape&, const Shape&) = default;
};
constexpr int kKinds = 5;
constexpr int kAllowedExit = 7;

using Shapes = std::vector<Shape>;

/// The plan with jobs `first` and `first + 1` in the other order.
Shapes swapped(Shapes shapes, size_t first) {
  std::swap(shapes[first], shapes[first + 1]);
  for (Shape& shape : shapes) {
    if (shape.needs < 0) continue;
    const int a = shape.needs >> first & 1;
    const int b = shape.needs >> (first + 1) & 1;
    shape.needs = (shape.needs & ~(3 << first)) | a << (first + 1) | b << first;
  }
  return shapes;
}

/// Whether exchanging two neighbours of one stage gives a plan that comes earlier and is the same but for names.
bool has_smaller_twin(const Shapes& shapes, size_t in_first_stage) {
  for (size_t i = 0; i + 1 < shapes.size(); ++i) {
    const bool same_stage = (i < in_first_stage) == (i + 1 < in_first_stage);
    const bool needs_other = shapes[i + 1].needs >= 0 && (shapes[i + 1].needs >> i & 1);
    if (same_stage && !needs_other && swapped(shapes, i) < shapes) return true;
  }
  return false;
}

class Exploration {
 public:
  uint64_t plans = 0;
  uint64_t ends = 0;  // events of jobs that ended, over all branches

  void all_plans(size_t jobs, size_t in_first_stage, uint64_t stride) {
    Shapes shapes(jobs);
    enumerate(shapes, 0, in_first_stage, stride);
  }

 private:
  void enumerate(Shapes& shapes, size_t next, size_t in_first_stage, uint64_t stride) {
    if (::testing::Test::HasFailure()) return;
    if (next == shapes.size()) {
      if (has_smaller_twin(shapes, in_first_stage)) return;
      if (plans++ % stride == 0) play(shapes, in_first_stage);
      return;
    }
    for (shapes[next].kind = 0; shapes[next].kind < kKinds; ++shapes[next].kind)
      for (shapes[next].needs = -1; shapes[next].needs < 1 << next; ++shapes[next].needs)
        enumerate(shapes, next + 1, in_first_stage, stride);
  }

  void play(const Shapes& shapes, size_t in_first_stage) {
    const auto plan = std::make_shared<Plan>();
    plan->stages = {"a", "b"};
    for (size_t i = 0; i < shapes.size(); ++i) {
      testing::JobBuilder job("j" + std::to_string(i), i < in_first_stage ? "a" : "b");
      if (shapes[i].kind <= 2) job.when(static_cast<Condition>(shapes[i].kind));
      if (shapes[i].kind >= 3) job.manual(shapes[i].kind == 4);
      if (shapes[i].kind != 3) job.may_fail_with({kAllowedExit});
      if (shapes[i].needs >= 0) {
        job.needs({});
        for (size_t k = 0; k < i; ++k)
          if (shapes[i].needs >> k & 1) job.job.needs->push_back({"j" + std::to_string(k), true, false});
      }
      plan->jobs.push_back(std::move(job.job));
    }
    plan_ = plan.get();
    Run run(plan, {});
    ASSERT_TRUE(run.apply({Instant{}, event::Started{}}).ok());
    explore(run, NaiveRun(*plan), 0);
  }

  /// Of the manual jobs those from `first_played` on are still to be opened: each subset of them is, in one order.
  void explore(const Run& run, const NaiveRun& naive, size_t first_played) {
    if (!agree(run, naive)) return;
    const auto pending = run.pending(1);
    if (!pending.empty()) {
      end(run, naive, first_played, pending[0], {}, Fate::passed);
      const bool optional = plan_->jobs[pending[0]].allow_failure.always;
      if (!optional) end(run, naive, first_played, pending[0], {EndReason::script_failure, 1, {}}, Fate::failed);
      end(run, naive, first_played, pending[0], {EndReason::script_failure, kAllowedExit, {}}, Fate::warned);
      return;
    }
    EXPECT_EQ(run.status(), naive.status()) << described();
    for (const size_t job : run.manual(false)) {
      if (job < first_played) continue;
      Run after = run;
      NaiveRun naive_after = naive;
      ASSERT_TRUE(after.apply({Instant{}, event::Approved{plan_->jobs[job].name, {}, {}}}).ok());
      naive_after.play(job);
      explore(after, naive_after, job + 1);
    }
  }

  void end(const Run& run, const NaiveRun& naive, size_t first_played, size_t job, const JobOutcome& outcome,
           Fate fate) {
    ++ends;
    Run after = run;
    NaiveRun naive_after = naive;
    ASSERT_TRUE(
        after.apply({Instant{}, event::JobFinished{plan_->jobs[job].name, run.state(job).attempt + 1, outcome}}).ok());
    naive_after.end(job, fate);
    explore(after, naive_after, first_played);
  }

  bool agree(const Run& run, const NaiveRun& naive) {
    for (size_t i = 0; i < run.size(); ++i) {
      if (NaiveRun::fate_of(run.state(i)) == naive.fate(i)) continue;
      ADD_FAILURE() << run.job(i).name << " is " << name_of(run.state(i).status) << ", not fate "
                    << static_cast<int>(naive.fate(i)) << described();
      return false;
    }
    return true;
  }

  [[nodiscard]] std::string described() const {
    std::string text = "\n";
    for (const Job& job : plan_->jobs) {
      text += job.name + " of " + job.stage + " condition " + std::to_string(static_cast<int>(job.condition));
      text += job.gate.kind == Gate::Kind::manual ? (job.allow_failure.always ? " optional" : " blocking") : "";
      text += job.needs ? " needs" : "";
      if (job.needs)
        for (const Need& need : *job.needs) text += " " + need.job;
      text += "\n";
    }
    return text;
  }

  const Plan* plan_ = nullptr;
};

TEST(RunExhaustive, AllSmallPlansEndAsTheNaiveModelSays) {
  // Under a sanitizer a sample of the plans with four jobs is enough; the release build's tests set this and take all.
  const bool full = std::getenv("PENSTOCK_FULL") != nullptr;
  Exploration exploration;
  for (size_t jobs = 1; jobs <= 4; ++jobs)
    for (size_t in_first_stage = 1; in_first_stage <= jobs; ++in_first_stage)
      exploration.all_plans(jobs, in_first_stage, full || jobs < 4 ? 1 : 499);
  std::printf("engine: %llu plans of up to 4 jobs%s, %llu ends of jobs\n",
              static_cast<unsigned long long>(exploration.plans), full ? "" : " (of those with 4 one in 499)",
              static_cast<unsigned long long>(exploration.ends));
  EXPECT_GT(exploration.ends, 100000U);
}

}  // namespace
}  // namespace penstock
