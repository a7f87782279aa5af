#include <gtest/gtest.h>

#include <string>

#include "rollout/rollout.h"
#include "rollout/testing/play.h"

// People, freezes, crashes and lost leases.
namespace penstock {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using strategy::CanaryStep;
using testing::expect_live;
using testing::expect_taken_back;
using testing::Play;
using testing::spec_of;
using Steer = rollout_event::Steered::What;

RolloutSpec slow_canary() {
  strategy::Canary canary;
  canary.steps = {{CanaryStep::Weight{10}},
                  {CanaryStep::Pause{minutes(1)}},
                  {CanaryStep::Weight{50}},
                  {CanaryStep::Pause{minutes(1)}}};
  RolloutSpec spec = spec_of(canary, 2, 2, 2);
  spec.health.every = seconds(5);
  return spec;
}

void at_ten_percent(Play& release) {
  release.begin();
  release.run_until([&] { return release.rollout.view().step_name == "pause 1m00s"; });
  EXPECT_EQ(release.share("new"), 1000);
}

TEST(Steering, APauseHoldsUntilSomebodyContinues) {
  Play release(slow_canary());
  at_ten_percent(release);
  ASSERT_TRUE(release.steer(Steer::pause).ok());
  release.run_until([&] { return release.world.now() > Instant(std::chrono::hours(24 * 365 + 3)); });
  EXPECT_EQ(release.share("new"), 1000);
  EXPECT_EQ(release.rollout.view().waits_for, "a person: ci rollout continue (paused by Ada)");
  ASSERT_TRUE(release.steer(Steer::go_on).ok());
  release.run();
  expect_live(release, 2);
}

TEST(Steering, WhatDoesNotFitIsRefusedAndChangesNothing) {
  Play release(slow_canary());
  at_ten_percent(release);
  ASSERT_TRUE(release.steer(Steer::pause).ok());
  const Rollout before = release.rollout;
  const auto again = release.steer(Steer::pause);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().message, "the rollout waits already, for a person: ci rollout continue (paused by Ada)");
  EXPECT_TRUE(release.rollout == before);
  ASSERT_TRUE(release.steer(Steer::abort).ok());
  EXPECT_EQ(release.steer(Steer::promote).error().message, "the rollout is being taken back already: aborted by Ada");
  release.run();
  expect_taken_back(release, 2);
  EXPECT_EQ(release.steer(Steer::abort).error().message, "the rollout has ended: it was taken back");
}

TEST(Steering, PromoteSkipsTheRestOfTheSteps) {
  Play release(slow_canary());
  at_ten_percent(release);
  const Instant before = release.world.now();
  ASSERT_TRUE(release.steer(Steer::promote).ok());
  release.run();
  EXPECT_LT(release.world.now() - before, seconds(30));
  expect_live(release, 2);
  EXPECT_EQ(release.steer(Steer::abort).error().help, "`ci rollback` brings the release before it back");
}

TEST(Steering, AFreezeThatBeginsHalfwayHoldsTheNextStep) {
  Play release(slow_canary());
  at_ten_percent(release);
  const Instant until = release.world.now() + std::chrono::hours(2);
  release.apply({release.world.now(), rollout_event::Freeze{until, "weekend"}});
  release.run_until([&] { return release.rollout.phase() == RolloutPhase::paused; });
  EXPECT_EQ(release.rollout.view().waits_for, "the freeze \"weekend\" to end");
  EXPECT_EQ(release.share("new"), 1000);
  EXPECT_FALSE(release.steer(Steer::go_on).ok());
  release.run_until([&] { return release.rollout.phase() != RolloutPhase::paused; });
  EXPECT_GE(release.world.now(), until);
  release.run();
  expect_live(release, 2);
}

TEST(Steering, TheDeadlineEndsARolloutThatGetsNowhere) {
  auto spec = slow_canary();
  spec.deadline = minutes(3);
  Play release(spec);
  release.world.refuses = [](const RolloutCommand&) -> std::optional<std::string> { return {}; };
  release.world.character("new").ready_after = seconds(1);
  at_ten_percent(release);
  release.apply({release.world.now() + minutes(4), rollout_event::TimeReached{}});
  EXPECT_EQ(release.rollout.view().reason, "it was not done within 3m00s");
  release.run();
  expect_taken_back(release, 2);
}

TEST(Steering, ALostLeaseTouchesNothingMore) {
  Play release(slow_canary());
  at_ten_percent(release);
  release.apply({release.world.now(), rollout_event::LeaseLost{"Bob"}});
  EXPECT_EQ(release.rollout.phase(), RolloutPhase::lost);
  EXPECT_TRUE(release.rollout.outstanding().empty());
  EXPECT_FALSE(release.rollout.next_due().has_value());
  EXPECT_EQ(release.rollout.view().reason, "Bob has the environment now");
}

TEST(Recovery, ANewDriverStartsAnOldInstanceAgainThatHasGone) {
  Play release(slow_canary());
  at_ten_percent(release);
  release.world.kill({"web-1", 8100});
  release.world.driver_dies();
  release.apply({release.world.now(), release.world.observe()});
  for (const RolloutCommand& command : release.rollout.outstanding()) release.world.act(command);
  release.run();
  expect_live(release, 2);
}

TEST(Recovery, TakesBackWhereANewInstanceHasGone) {
  Play release(slow_canary());
  at_ten_percent(release);
  release.world.kill({"web-1", 8101});
  release.world.driver_dies();
  release.apply({release.world.now(), release.world.observe()});
  EXPECT_EQ(release.rollout.view().reason, "web-1:8101 does not run any more");
  for (const RolloutCommand& command : release.rollout.outstanding()) release.world.act(command);
  release.run();
  expect_taken_back(release, 2);
}

TEST(Recovery, StopsWhatNobodyRemembers) {
  Play release(slow_canary());
  at_ten_percent(release);
  release.world.place({"web-2", 8101}, "new");
  release.world.driver_dies();
  release.apply({release.world.now(), release.world.observe()});
  for (const RolloutCommand& command : release.rollout.outstanding()) release.world.act(command);
  release.run_until([&] { return release.running("new") == 1; });
  EXPECT_EQ(release.running("new"), 1);
  release.run();
  expect_live(release, 2);
}

TEST(Recovery, AnAnswerThatComesTwiceIsIgnored) {
  Play release(slow_canary());
  at_ten_percent(release);
  const Rollout before = release.rollout;
  release.apply({release.world.now(), rollout_event::Done{1}});
  release.apply({release.world.now(), rollout_event::Failed{2, "late", ""}});
  EXPECT_TRUE(release.rollout == before);
}

TEST(Stored, ADamagedOrNewerStateIsRefusedInWords) {
  Play release(slow_canary());
  const std::string text = release.rollout.to_json();
  EXPECT_NE(Rollout::from_json("{").error().message.find("it is no JSON"), std::string::npos);
  std::string newer = text;
  newer.replace(newer.rfind("\"format\":1"), 10, "\"format\":7");
  EXPECT_NE(Rollout::from_json(newer).error().message.find("its format is 7"), std::string::npos);
  std::string unknown = text;
  unknown.insert(1, "\"surprise\":1,");
  EXPECT_NE(Rollout::from_json(unknown).error().message.find("`surprise` is not one of its members"),
            std::string::npos);
}

/// A rolling update over three hosts with two instances each; a host with a new one dies when there are so many with
/// traffic, and who tries to reach it knows so long after.
Duration mixed_after_a_host_died(int surge, int incoming, Duration known_after) {
  strategy::Rolling rolling;
  rolling.max_surge = {surge, false};
  RolloutSpec spec = spec_of(rolling, 3, 4, 6);
  spec.health.every = seconds(1);
  Play release(spec);
  release.begin();
  release.run_until([&] { return release.running("new") == incoming && release.share("new") > 0; });
  std::string host;
  for (const auto& share : release.world.split().shares)
    if (release.world.instances().at(share.address).release == "new") host = share.address.host;
  const Instant died = release.world.now();
  release.world.host_dies(host, known_after);
  release.run_until([&] { return release.rollout.phase() == RolloutPhase::taking_back; });
  release.run_until([&] { return release.share("new") == 0; });
  const Duration mixed = release.world.now() - died;
  EXPECT_FALSE(is_end(release.rollout.phase()));
  release.run();
  EXPECT_EQ(release.share("old"), 10000) << release.story();
  EXPECT_NE(release.story().find("traffic is on old again; " + host + " is still tried"), std::string::npos)
      << release.story();
  return mixed;
}

TEST(Steering, AHostThatDiesDoesNotHoldTheWayBackOfTheOthersUp) {
  for (const int incoming : {2, 3, 4, 5}) {
    EXPECT_LE(mixed_after_a_host_died(1, incoming, seconds(0)), seconds(20)) << incoming;
    EXPECT_LE(mixed_after_a_host_died(1, incoming, seconds(20)), seconds(40)) << incoming;
    EXPECT_LE(mixed_after_a_host_died(2, incoming, seconds(20)), seconds(40)) << incoming;
  }
}

}  // namespace
}  // namespace penstock
