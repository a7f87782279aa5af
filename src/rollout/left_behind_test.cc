#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "rollout/rollout.h"
#include "rollout/testing/play.h"

// What a driver that died in the middle left, when the next rollout begins over it: `dead` is neither its old release
// nor its new one.
namespace penstock {
namespace {

using std::chrono::minutes;
using strategy::CanaryStep;
using testing::expect_live;
using testing::expect_taken_back;
using testing::Play;
using testing::spec_of;
using Steer = rollout_event::Steered::What;

/// `count` instances of a release in the place of old ones.
void replace(Play& release, int count, const std::string& with) {
  int done = 0;
  for (const auto& [address, instance] : release.world.instances())
    if (instance.release == "old" && done++ < count) release.world.place(address, with);
  release.world.share_traffic_among("old", with);
}

RolloutSpec counted(Strategy strategy) {
  RolloutSpec spec = spec_of(std::move(strategy), 2, 3, 4);
  spec.steers_traffic = false;
  return spec;
}

strategy::Canary quarter() {
  strategy::Canary canary;
  canary.steps = {{CanaryStep::Weight{25}}, {CanaryStep::Pause{}}};
  return canary;
}

TEST(LeftBehind, OldOnesComeBackWhereACanaryHadTakenTheirPlace) {
  for (const Strategy& strategy :
       {Strategy(quarter()), Strategy(strategy::Rolling{}), Strategy(strategy::Recreate{})}) {
    Play release(counted(strategy));
    replace(release, 1, "dead");
    release.world.character("new").never_ready = true;
    release.begin_and_run();
    EXPECT_EQ(release.rollout.phase(), RolloutPhase::taken_back) << release.story();
    EXPECT_EQ(release.running("old"), 4);
    EXPECT_EQ(release.running("dead"), 0);
    EXPECT_EQ(release.running("new"), 0);
  }
}

TEST(LeftBehind, OldOnesComeBackWhereTheSameReleaseIsTriedAgainInVain) {
  Play release(counted(quarter()));
  replace(release, 1, "new");
  release.begin_and_run();
  ASSERT_EQ(release.rollout.phase(), RolloutPhase::paused);
  ASSERT_TRUE(release.steer(Steer::abort).ok());
  release.run();
  EXPECT_EQ(release.rollout.phase(), RolloutPhase::taken_back) << release.story();
  EXPECT_EQ(release.running("old"), 4);
  EXPECT_EQ(release.running("new"), 0);
}

TEST(LeftBehind, ServesOnUntilOldOnesAreBackWhereTrafficIsSteered) {
  for (const Strategy& strategy :
       {Strategy(quarter()), Strategy(strategy::Rolling{}), Strategy(strategy::BlueGreen{false, false, minutes(10)})}) {
    Play release(spec_of(strategy, 2, 4, 4));
    replace(release, 2, "dead");
    release.world.character("new").never_ready = true;
    release.begin();
    int least = 4;
    release.run_until([&] {
      int serving = 0;
      for (const auto& share : release.world.split().shares) serving += release.world.is_ready(share.address) ? 1 : 0;
      least = std::min(least, serving);
      return is_end(release.rollout.phase());
    });
    EXPECT_EQ(least, 4);
    expect_taken_back(release, 4);
    EXPECT_EQ(release.running("dead"), 0);
  }
}

TEST(LeftBehind, IsGoneAtThePromotionThoughTheOldColourIsKept) {
  Play release(spec_of(strategy::BlueGreen{false, false, minutes(10)}, 2, 4, 4));
  replace(release, 2, "dead");
  release.begin_and_run();
  EXPECT_EQ(release.running("dead"), 0);
  EXPECT_EQ(release.running("old"), 2);
  release.run_until([&] { return release.running("old") == 0; });
  expect_live(release, 4);
}

TEST(LeftBehind, TheOldReleaseIsBackWholeAfterItsBakeTimeFailed) {
  RolloutSpec spec = counted(quarter());
  spec.bake = minutes(5);
  Play release(spec);
  replace(release, 1, "dead");
  release.begin_and_run();
  ASSERT_TRUE(release.steer(Steer::promote).ok());
  release.run_until([&] { return release.rollout.phase() == RolloutPhase::baking; });
  ASSERT_TRUE(release.steer(Steer::abort).ok());
  release.run();
  EXPECT_EQ(release.rollout.phase(), RolloutPhase::taken_back) << release.story();
  EXPECT_EQ(release.running("old"), 4);
  EXPECT_EQ(release.running("dead") + release.running("new"), 0);
}

TEST(LeftBehind, SharesTrafficWithTheRestFromTheFirstMoment) {
  Play release(spec_of(strategy::Rolling{}, 2, 3, 4));
  replace(release, 3, "new");
  release.begin();
  release.run_until([&] { return release.count<rollout_command::Shift>() > 0; });
  release.run_until([&] { return release.rollout.phase() == RolloutPhase::rolling_out; });
  EXPECT_GE(release.share("new"), 7500) << "one old instance can't carry all of it";
  release.run();
  expect_live(release, 4);
}

TEST(LeftBehind, AHeaderOfADeadCanaryLeadsNowhereAnyMore) {
  strategy::Canary canary;
  canary.steps = {{CanaryStep::Header{{"X-Beta", "yes"}}}, {CanaryStep::Pause{}}};
  Play dead(spec_of(canary, 2, 2, 2));
  dead.begin_and_run();
  ASSERT_FALSE(dead.world.split().header.name.empty());
  Play release(spec_of(strategy::Rolling{}, 2, 2, 2));
  release.world.stand_as(dead.world);
  release.world.character("new").never_ready = true;
  release.begin_and_run();
  EXPECT_TRUE(release.world.split().header.name.empty());
  expect_taken_back(release, 2);
}

}  // namespace
}  // namespace penstock
