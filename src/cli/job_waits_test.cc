#include "cli/job_waits.h"

#include <gtest/gtest.h>

#include "engine/testing/driver.h"

namespace penstock {
namespace {

using testing::Driver;
using testing::job;
using testing::plan_of;

TEST(JobWaitsTest, TellsWhichJobsWaitForASlotOnceTheyHaveForTwoSeconds) {
  Driver driver(plan_of({"test"}, {job("a", "test"), job("b", "test"), job("c", "test")}));
  driver.start_run();
  driver.start("a");
  EXPECT_EQ(slot_waits(driver.run, 1, driver.now + Duration(1'000)), "");
  EXPECT_EQ(slot_waits(driver.run, 1, driver.now + Duration(2'000)), "b, c   wait for a free slot (1 of 1 busy)");
  driver.start("b");
  EXPECT_EQ(slot_waits(driver.run, 0, driver.now + Duration(2'000)), "c   waits for a free slot");
}

TEST(JobWaitsTest, NamesAFewOfThemAndCountsTheRest) {
  Driver driver(
      plan_of({"test"}, {job("a", "test"), job("b", "test"), job("c", "test"), job("d", "test"), job("e", "test")}));
  driver.start_run();
  EXPECT_EQ(slot_waits(driver.run, 0, driver.now + Duration(2'000)), "a, b, c and 2 more   wait for a free slot");
}

}  // namespace
}  // namespace penstock
