#include "cli/run_model.h"

#include <gtest/gtest.h>

#include "engine/testing/driver.h"

namespace penstock {
namespace {

using testing::Driver;
using testing::job;
using testing::plan_of;

TEST(RunModelTest, StagesStandInThePlansOrderWithTheirJobs) {
  const Driver driver(plan_of({"build", "test"}, {job("unit", "test"), job("package", "build"), job("lint", "test")}));
  const auto stages = jobs_by_stage(driver.run);
  ASSERT_EQ(stages.size(), 2u);
  EXPECT_EQ(stages[0].first, "build");
  EXPECT_EQ(stages[0].second, std::vector<size_t>{1});
  EXPECT_EQ(stages[1].second, (std::vector<size_t>{0, 2}));
}

TEST(RunModelTest, ARunningJobShowsItsLastLineAndWhatIsLeftOfItsTime) {
  Driver driver(plan_of({"test"}, {job("unit", "test"), job("lint", "test")}));
  driver.start_run();
  driver.start("unit");
  LiveFacts live;
  live.last_lines[0] = "collecting";
  live.earlier["unit"] = Duration(30'000);
  live.slots = 1;
  const RunView view = view_of(driver.run, {}, live, driver.now + Duration(10'000));
  ASSERT_EQ(view.stages.size(), 1u);
  ASSERT_EQ(view.stages[0].jobs.size(), 2u);
  const JobLine& unit = view.stages[0].jobs[0];
  EXPECT_EQ(unit.mark, Mark::running);
  EXPECT_EQ(unit.note, "collecting");
  EXPECT_EQ(unit.elapsed, Duration(10'000));
  EXPECT_EQ(unit.remaining, Duration(20'000));
  EXPECT_EQ(view.stages[0].jobs[1].mark, Mark::waiting);
  EXPECT_NE(view.stages[0].jobs[1].note.find("1 of 1 busy"), std::string::npos) << view.stages[0].jobs[1].note;
}

TEST(RunModelTest, NoTimeIsMadeUpForAJobThatNeverRan) {
  Driver driver(plan_of({"test"}, {job("unit", "test")}));
  driver.start_run();
  driver.start("unit");
  const RunView view = view_of(driver.run, {}, {}, driver.now);
  EXPECT_EQ(view.stages.at(0).jobs.at(0).remaining, std::nullopt);
}

}  // namespace
}  // namespace penstock
