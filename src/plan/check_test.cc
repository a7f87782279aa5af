#include "plan/check.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "plan/plan.h"

namespace penstock {
namespace {

Job job(const std::string& name, const std::string& stage) {
  Job job;
  job.name = job.group = name;
  job.stage = stage;
  return job;
}

Job job(const std::string& name, const std::string& stage, const std::vector<std::string>& needs) {
  Job needing = job(name, stage);
  needing.needs.emplace();
  for (const std::string& need : needs) needing.needs->push_back({need, true, false});
  return needing;
}

Plan plan_of(std::vector<Job> jobs) {
  Plan plan;
  plan.stages = {"build", "test", "deploy"};
  plan.jobs = std::move(jobs);
  return plan;
}

std::string complaint(std::vector<Job> jobs) {
  const auto result = check(plan_of(std::move(jobs)));
  return result.ok() ? "" : result.error().message;
}

std::vector<std::string> names_of(const Plan& plan) {
  std::vector<std::string> names;
  for (const Job& job : plan.jobs) names.push_back(job.name);
  return names;
}

using Names = std::vector<std::string>;

TEST(PlanCheck, TakesAWellFormedPlan) {
  EXPECT_EQ(complaint({job("a", "build"), job("b", "build", {"a"}), job("c", "test", {"a", "b"}), job("d", "deploy")}),
            "");
}

TEST(PlanCheck, NamesWhatIsWrong) {
  EXPECT_EQ(complaint({job("a", "build"), job("a", "test")}), "job `a` exists twice");
  EXPECT_EQ(complaint({job("a", "bild")}), "job `a` is of stage `bild`, which does not exist");
  EXPECT_EQ(complaint({job("a", "build", {"b"})}), "job `a` needs `b`, which does not exist");
  EXPECT_EQ(complaint({job("a", "build"), job("b", "test", {"a", "a"})}), "job `b` names `a` twice among its needs");
  EXPECT_EQ(complaint({job("a", "build", {"b"}), job("b", "test")}), "job `a` needs `b` of the later stage `test`");
  EXPECT_EQ(complaint({job("", "build")}), "a job has no name");
}

TEST(PlanCheck, NamesTheJobsOfACycleInOrder) {
  EXPECT_EQ(
      complaint({job("a", "build"), job("x", "build", {"a", "y"}), job("y", "build", {"z"}), job("z", "build", {"x"})}),
      "jobs need each other in a circle: `x` needs `y` needs `z` needs `x`");
  EXPECT_EQ(complaint({job("a", "build", {"a"})}), "jobs need each other in a circle: `a` needs `a`");
}

TEST(PlanCheck, ACycleFarDownALongChainIsFoundWithoutDeepRecursion) {
  constexpr int kJobs = 200000;
  std::vector<Job> jobs;
  for (int i = 0; i < kJobs; ++i) jobs.push_back(job(std::to_string(i), "build", {std::to_string((i + 1) % kJobs)}));
  const auto cycle = find_need_cycle(plan_of(std::move(jobs)));
  ASSERT_EQ(cycle.size(), static_cast<size_t>(kJobs) + 1);
  EXPECT_EQ(cycle.front(), cycle.back());
}

TEST(PlanSelect, KeepsTheNamedJobsAndDropsNeedsOnTheRest) {
  Plan plan = plan_of({job("a", "build"), job("b", "test", {"a"}), job("c", "deploy", {"a", "b"})});
  plan.jobs[2].artifacts_from = Names{"a", "b"};
  const auto selected = select(plan, {"c", "b"}, false);
  ASSERT_TRUE(selected.ok());
  EXPECT_EQ(names_of(*selected), (Names{"b", "c"}));
  EXPECT_EQ(selected->stages, (Names{"test", "deploy"}));
  EXPECT_TRUE(selected->jobs[0].needs->empty());
  EXPECT_EQ(selected->jobs[1].needs->size(), 1U);
  EXPECT_EQ(*selected->jobs[1].artifacts_from, Names{"b"});
  EXPECT_TRUE(check(*selected).ok());
}

TEST(PlanSelect, WithNeedsTakesAllThatTheyNeed) {
  const Plan plan = plan_of({job("a", "build"), job("x", "build"), job("b", "test", {"a"}), job("c", "deploy", {"b"})});
  EXPECT_EQ(names_of(*select(plan, {"c"}, true)), (Names{"a", "b", "c"}));
}

TEST(PlanSelect, AJobWithoutNeedsNeedsTheEarlierStages) {
  const Plan plan =
      plan_of({job("a", "build"), job("x", "build"), job("b", "test"), job("c", "deploy"), job("d", "deploy")});
  EXPECT_EQ(names_of(*select(plan, {"c"}, true)), (Names{"a", "x", "b", "c"}));
  EXPECT_EQ(names_of(*select(plan, {"c"}, false)), (Names{"c"}));
}

TEST(PlanSelect, AGroupNameMeansAllItsInstances) {
  Plan plan = plan_of({job("t: [1]", "test"), job("t: [2]", "test"), job("u", "test")});
  plan.jobs[0].group = plan.jobs[1].group = "t";
  EXPECT_EQ(names_of(*select(plan, {"t"}, false)), (Names{"t: [1]", "t: [2]"}));
  EXPECT_EQ(names_of(*select(plan, {"t: [2]"}, false)), (Names{"t: [2]"}));
}

TEST(PlanSelect, AnUnknownNameGetsASuggestion) {
  Plan plan = plan_of({job("deploy", "deploy")});
  plan.left_out.push_back({"review: [1]", "review", "test", {}, Decision{{}, "no rule matched"}});
  const auto typo = select(plan, {"depoly"}, false);
  ASSERT_FALSE(typo.ok());
  EXPECT_EQ(typo.error().message, "the pipeline has no job `depoly`");
  EXPECT_EQ(typo.error().help, "did you mean `deploy`?");
  for (const char* name : {"review", "review: [1]"}) {
    EXPECT_EQ(select(plan, {name}, false).error().message,
              "job `" + std::string(name) + "` is left out of this pipeline: no rule matched");
  }
}

}  // namespace
}  // namespace penstock
