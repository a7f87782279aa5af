#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/run.h"
#include "engine/testing/driver.h"

namespace penstock {
namespace {

using testing::Driver;
using testing::job;
using testing::plan_of;

TEST(RunAgain, RetryRunsTheJobAgainWithoutAnybodySeeingAFailure) {
  Driver driver(plan_of({"a", "b"}, {job("flaky", "a").retry({2, {}, {}}), job("test", "b")}));
  driver.start_run();
  driver.fail("flaky");
  driver.fail("flaky");
  EXPECT_EQ(driver.jobs(), "flaky pending, test created");
  EXPECT_EQ(driver.state("flaky").automatic_retries, 2);
  driver.fail("flaky");
  EXPECT_EQ(driver.jobs(), "flaky failed, test skipped");
  EXPECT_EQ(driver.state("flaky").attempt, 3);
}

TEST(RunAgain, RetryLooksAtReasonAndExitCode) {
  const auto goes_again = [](Retry retry, JobOutcome outcome) {
    Driver driver(plan_of({"a"}, {job("a", "a").retry(std::move(retry))}));
    driver.start_run();
    driver.start("a");
    driver.finish("a", std::move(outcome));
    return driver.status("a") == Status::pending;
  };
  const JobOutcome exit_3{EndReason::script_failure, 3, {}};
  const JobOutcome machine{EndReason::disk_full, {}, {}};
  EXPECT_TRUE(goes_again({1, {}, {}}, exit_3));
  EXPECT_FALSE(goes_again({1, {"runner_system_failure"}, {}}, exit_3));
  EXPECT_TRUE(goes_again({1, {"runner_system_failure"}, {}}, machine));
  EXPECT_TRUE(goes_again({1, {}, {3}}, exit_3));
  EXPECT_FALSE(goes_again({1, {}, {4}}, exit_3));
  EXPECT_FALSE(goes_again({1, {}, {3}}, machine));
  EXPECT_TRUE(goes_again({1, {"runner_system_failure"}, {3}}, machine)) << "either of the two is enough";
  EXPECT_FALSE(goes_again({1, {}, {}}, {EndReason::canceled, {}, {}}));
}

TEST(RunAgain, ALostJobGoesAgainTwiceAndThenFails) {
  Driver driver(plan_of({"a"}, {job("a", "a")}));
  driver.start_run();
  for (int attempt = 1; attempt <= 3; ++attempt) {
    ASSERT_TRUE(driver.start("a")) << attempt;
    ASSERT_TRUE(driver.apply(event::JobLost{"a", attempt}));
  }
  EXPECT_EQ(driver.status("a"), Status::failed);
  EXPECT_EQ(driver.state("a").outcome->reason, EndReason::interrupted);
}

TEST(RunAgain, AJobThatWatchesAPipelineLetsGoAndComesBackWhenThatHasEnded) {
  auto plan = plan_of({"a", "b"}, {job("start", "a"), job("after", "b")});
  plan->jobs[0].trigger.emplace();
  Driver driver(plan);
  driver.start_run();
  driver.start("start");
  EXPECT_FALSE(driver.apply(event::JobParked{"start", 2, "run 7 waits"}));
  ASSERT_TRUE(driver.apply(event::JobParked{"start", 1, "run 7 waits"}));
  EXPECT_EQ(driver.jobs(), "start waiting_for_resource, after created");
  EXPECT_EQ(driver.state("start").why, "run 7 waits");
  for (const std::string& line : driver.run.explain(0))
    EXPECT_EQ(line.find("resource group"), std::string::npos) << line;
  EXPECT_TRUE(driver.run.is_parked());
  ASSERT_TRUE(driver.apply(event::ResourceGranted{"start"}));
  EXPECT_TRUE(driver.pass("start"));
  EXPECT_EQ(driver.jobs(), "start success, after pending");
  EXPECT_EQ(driver.state("start").attempt, 2);
}

TEST(RunAgain, AJobThatIsBeingCanceledEndsWhenItLetsGo) {
  Driver driver(plan_of({"a"}, {job("start", "a")}));
  driver.start_run();
  driver.start("start");
  driver.cancel("start");
  ASSERT_TRUE(driver.apply(event::JobParked{"start", 1, "run 7 waits"}));
  EXPECT_EQ(driver.status("start"), Status::canceled);
}

TEST(RunAgain, AJobThatWatchesAPipelineIsNeverLostForGood) {
  auto plan = plan_of({"a"}, {job("start", "a")});
  plan->jobs[0].trigger.emplace();
  Driver driver(plan);
  driver.start_run();
  for (int attempt = 1; attempt <= 5; ++attempt) {
    ASSERT_TRUE(driver.start("start")) << attempt;
    ASSERT_TRUE(driver.apply(event::JobLost{"start", attempt}));
  }
  EXPECT_EQ(driver.status("start"), Status::pending);
}

TEST(RunAgain, ALostDeploymentIsNeverRepeatedByItself) {
  Driver driver(
      plan_of({"a"}, {job("env", "a").environment("production").retry({2, {}, {}}), job("gate", "a").manual(true)}));
  driver.start_run();
  driver.approve("gate");
  for (const char* name : {"env", "gate"}) {
    driver.start(name);
    driver.apply(event::JobLost{name, 1});
    EXPECT_EQ(driver.status(name), Status::failed) << name;
  }
}

TEST(RunAgain, ALateReportOfAnOlderAttemptIsRefused) {
  Driver driver(plan_of({"a"}, {job("a", "a")}));
  driver.start_run();
  driver.start("a");
  driver.apply(event::JobLost{"a", 1});
  driver.start("a");
  EXPECT_FALSE(driver.apply(event::JobFinished{"a", 1, {}}));
  EXPECT_EQ(driver.status("a"), Status::running);
  EXPECT_TRUE(driver.apply(event::JobFinished{"a", 2, {}}));
}

TEST(RunAgain, ARetriedJobBringsItsSkippedDependentsBack) {
  Driver driver(plan_of({"a", "b", "c"}, {job("build", "a"), job("test", "b"), job("other", "b").needs({}),
                                          job("deploy", "c").needs({"test"})}));
  driver.start_run();
  driver.pass("other");
  driver.fail("build");
  EXPECT_EQ(driver.jobs(), "build failed, test skipped, other success, deploy skipped");
  EXPECT_TRUE(driver.retry("build"));
  EXPECT_EQ(driver.jobs(), "build pending, test created, other success, deploy created");
  EXPECT_EQ(driver.run.status(), Status::running);
  driver.pass("build");
  driver.pass("test");
  driver.pass("deploy");
  EXPECT_EQ(driver.run.status(), Status::success);
  EXPECT_EQ(driver.state("build").attempt, 2);
}

TEST(RunAgain, ARetriedJobWhoseEarlierJobsRunAgainWaitsForThem) {
  Driver driver(plan_of({"a", "b"}, {job("build", "a"), job("test", "b")}));
  driver.start_run();
  driver.pass("build");
  driver.fail("test");
  driver.retry("build");
  EXPECT_TRUE(driver.retry("test"));
  EXPECT_EQ(driver.jobs(), "build pending, test created");
  driver.pass("build");
  EXPECT_EQ(driver.jobs(), "build success, test pending");
}

TEST(RunAgain, RetryingTheRunRepeatsAllThatDidNotPass) {
  Driver driver(plan_of({"a", "b"}, {job("x", "a"), job("y", "a"), job("z", "b")}));
  driver.start_run();
  EXPECT_FALSE(driver.retry()) << "nothing has failed yet";
  driver.pass("x");
  driver.fail("y");
  EXPECT_TRUE(driver.retry());
  EXPECT_EQ(driver.jobs(), "x success, y pending, z created");
}

TEST(RunAgain, JobsJoinARunThatIsUnderWay) {
  Driver driver(plan_of({"a"}, {job("generate", "a")}));
  driver.start_run();
  driver.pass("generate");
  EXPECT_EQ(driver.run.status(), Status::success);
  const event::JobsAdded added{{"b"}, {job("one", "a").needs({"generate"}).job, job("two", "b").job}};
  ASSERT_TRUE(driver.apply(added));
  EXPECT_EQ(driver.jobs(), "generate success, one pending, two created");
  EXPECT_EQ(driver.run.status(), Status::running);
  driver.pass("one");
  driver.pass("two");
  EXPECT_EQ(driver.run.status(), Status::success);
}

TEST(RunAgain, JobsThatDoNotFitAreRefused) {
  Driver driver(plan_of({"a"}, {job("x", "a")}));
  driver.start_run();
  EXPECT_FALSE(driver.apply(event::JobsAdded{{}, {job("x", "a").job}}));
  EXPECT_FALSE(driver.apply(event::JobsAdded{{}, {job("y", "nowhere").job}}));
  EXPECT_FALSE(driver.apply(event::JobsAdded{{}, {job("y", "a").needs({"nobody"}).job}}));
  EXPECT_FALSE(driver.apply(event::JobsAdded{{}, {job("y", "a").needs({"z"}).job, job("z", "a").needs({"y"}).job}}));
  EXPECT_EQ(driver.run.size(), 1U);
}

TEST(RunAgain, AStoredRunWhoseJobsDontFitTogetherIsRefused) {
  const auto restored = [](const std::shared_ptr<Plan>& plan, const std::vector<Job>& added) {
    std::vector<event::JobsAdded> events;
    for (const Job& job : added) events.push_back({{}, {job}});
    std::vector<JobState> states(plan->jobs.size() + added.size());
    return Run::restore(plan, {}, std::move(events), {}, std::move(states)).ok();
  };
  const auto needs = [](const std::string& name) { return job("two", "a").needs({name}); };
  EXPECT_TRUE(restored(plan_of({"a"}, {job("one", "a"), needs("one")}), {}));
  EXPECT_FALSE(restored(plan_of({"a"}, {job("one", "a"), needs("none")}), {}));
  EXPECT_FALSE(restored(plan_of({"a"}, {job("one", "b")}), {}));
  EXPECT_TRUE(restored(plan_of({"a"}, {job("one", "a")}), {needs("one").job}));
  EXPECT_FALSE(restored(plan_of({"a"}, {job("one", "a")}), {needs("none").job}));
}

}  // namespace
}  // namespace penstock
