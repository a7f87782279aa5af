#include "cli/stage_facts.h"

#include <gtest/gtest.h>

#include "cli/run_model.h"
#include "cli/when.h"
#include "engine/testing/driver.h"

namespace penstock {
namespace {

using testing::Driver;
using testing::job;
using testing::plan_of;

JobResult with_tests(uint64_t passed, uint64_t failed, uint64_t skipped) {
  JobResult result;
  result.tests.emplace();
  result.tests->passed = passed;
  result.tests->failed = failed;
  result.tests->skipped = skipped;
  return result;
}

JobResult with_packages(std::vector<std::string> packages) {
  JobResult result;
  result.packages = std::move(packages);
  return result;
}

std::string facts(const Driver& driver, std::string_view stage, const JobResults& results = {}) {
  for (const auto& [name, jobs] : jobs_by_stage(driver.run)) {
    if (name == stage) return stage_facts(driver.run, jobs, results, driver.now);
  }
  return "there is no such stage";
}

Mark mark(const Driver& driver, std::string_view stage) {
  for (const auto& [name, jobs] : jobs_by_stage(driver.run)) {
    if (name == stage) return stage_mark(driver.run, jobs);
  }
  return Mark::canceled;
}

/// The release of the README, with everything passed before its gate.
Driver release() {
  auto smoke = job("check it", "staging").environment("staging").needs({"ship"});
  smoke.job.environment->action = "verify";
  Driver driver(plan_of({"build", "test", "staging", "production"},
                        {job("package", "build"), job("unit 1", "test"), job("unit 2", "test"),
                         job("ship", "staging").environment("staging"), smoke,
                         job("live", "production").manual(true).environment("production")}));
  driver.start_run();
  return driver;
}

TEST(StageFactsTest, TheFourLinesOfARelease) {
  Driver driver = release();
  EXPECT_EQ(facts(driver, "production"), "will wait for approval");
  for (const char* name : {"package", "unit 1", "unit 2", "ship", "check it"}) driver.pass(name);
  const JobResults results{{0, with_packages({"app-2.7.0-py3-none-any.whl", "app-2.7.0.tar.gz"})},
                           {1, with_tests(200, 0, 0)},
                           {2, with_tests(212, 0, 3)}};
  EXPECT_EQ(facts(driver, "build", results), "packaged app-2.7.0");
  EXPECT_EQ(facts(driver, "test", results), "412 passed, 3 skipped");
  EXPECT_EQ(facts(driver, "staging", results), "deployed, smoke tests green");
  EXPECT_EQ(facts(driver, "production", results), "waiting for approval");
  EXPECT_EQ(mark(driver, "production"), Mark::person);
}

TEST(StageFactsTest, AFailureIsToldByItsTestsElseByItsJobs) {
  Driver driver = release();
  driver.pass("package");
  driver.pass("unit 1");
  driver.fail("unit 2");
  EXPECT_EQ(facts(driver, "test", {{1, with_tests(200, 0, 0)}, {2, with_tests(211, 1, 0)}}), "1 failed, 411 passed");
  EXPECT_EQ(facts(driver, "test"), "unit 2 failed");
  EXPECT_EQ(facts(driver, "staging"), "not reached");
  EXPECT_EQ(mark(driver, "test"), Mark::failed);
  EXPECT_EQ(mark(driver, "staging"), Mark::skipped);
}

TEST(StageFactsTest, AStageUnderWayCountsWhatHasEnded) {
  Driver driver = release();
  driver.pass("package");
  driver.pass("unit 1");
  EXPECT_EQ(facts(driver, "test"), "1 of 2 jobs");
  EXPECT_EQ(mark(driver, "test"), Mark::running);
  EXPECT_EQ(mark(driver, "staging"), Mark::waiting);
}

TEST(StageFactsTest, AnAllowedFailureIsNamedAndIsNoFailure) {
  Driver driver(plan_of({"test"}, {job("lint", "test").may_fail(), job("unit", "test")}));
  driver.start_run();
  driver.fail("lint");
  driver.pass("unit");
  EXPECT_EQ(facts(driver, "test"), "passed, lint failed (allowed)");
  EXPECT_EQ(mark(driver, "test"), Mark::warning);
  EXPECT_EQ(job_mark(driver.run, 0), Mark::warning);
}

TEST(StageFactsTest, AnOptionalManualJobIsLeftAndADeploymentWaits) {
  Driver driver(plan_of({"a", "b"}, {job("extra", "a").manual(), job("ship", "b").manual().environment("production")}));
  driver.start_run();
  EXPECT_EQ(facts(driver, "a"), "1 manual job left");
  EXPECT_EQ(facts(driver, "b"), "waiting for approval");
}

TEST(StageFactsTest, ARejectionAndACancelAreCalledSo) {
  Driver rejected(plan_of({"a"}, {job("gate", "a").manual(true)}));
  rejected.start_run();
  rejected.reject("gate");
  EXPECT_EQ(facts(rejected, "a"), "rejected");
  Driver canceled(plan_of({"a"}, {job("one", "a"), job("two", "a")}));
  canceled.start_run();
  canceled.cancel();
  EXPECT_EQ(facts(canceled, "a"), "one, two canceled");
}

TEST(StageFactsTest, APackagesLabelIsItsDistributionAndVersion) {
  EXPECT_EQ(package_label("app-2.7.0-py3-none-any.whl"), "app-2.7.0");
  EXPECT_EQ(package_label("app-2.7.0.tar.gz"), "app-2.7.0");
}

TEST(StageFactsTest, ADelayedJobSaysWhenItStarts) {
  Driver driver(plan_of({"ship"}, {job("check", "ship"), job("europe", "ship").delayed(std::chrono::minutes(30)),
                                   job("asia", "ship").delayed(std::chrono::hours(2))}));
  driver.start_run();
  driver.pass("check");
  EXPECT_EQ(
      facts(driver, "ship"),
      "passed, europe starts at " + to_start(driver.now + std::chrono::minutes(30), driver.now) + " and 1 more later");
}

}  // namespace
}  // namespace penstock
