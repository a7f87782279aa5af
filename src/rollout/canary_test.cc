#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "rollout/rollout.h"
#include "rollout/testing/play.h"

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

strategy::Canary canary_of(std::vector<CanaryStep> steps) {
  strategy::Canary canary;
  canary.steps = std::move(steps);
  return canary;
}

CanaryStep weight(int percent) { return {CanaryStep::Weight{percent}}; }
CanaryStep pause() { return {CanaryStep::Pause{}}; }
CanaryStep pause(Duration time) { return {CanaryStep::Pause{time}}; }
CanaryStep analysis(Duration time) { return {CanaryStep::Analysis{time}}; }

TEST(Canary, TakesItsWeightsOneAfterTheOtherWhileTheOldReleaseStaysAtFullStrength) {
  Play release(spec_of(canary_of({weight(5), pause(seconds(30)), weight(50), pause(seconds(30))}), 4, 2, 4));
  release.begin();
  release.run_until([&] { return release.rollout.view().step_name == "pause 30s"; });
  EXPECT_EQ(release.share("new"), 500);
  EXPECT_EQ(release.running("new"), 2);  // as many as the greatest weight asks for
  release.run_until([&] { return release.share("new") == 5000; });
  EXPECT_EQ(release.running("old"), 4);
  release.run();
  expect_live(release, 4);
}

TEST(Canary, GoesBackInOneShiftWhenItsAnalysisFails) {
  Play release(spec_of(canary_of({weight(5), analysis(minutes(5)), weight(50)}), 4, 2, 4));
  release.world.character("new").verdict = Verdict::fail;
  release.begin();
  release.run_until([&] { return release.rollout.phase() == RolloutPhase::taking_back; });
  const int shifts = release.count<rollout_command::Shift>();
  release.run();
  EXPECT_EQ(release.count<rollout_command::Shift>(), shifts);  // the one that came with the failure
  EXPECT_EQ(release.rollout.view().reason, "the analysis failed: errors 0.2% against 0.2%");
  expect_taken_back(release, 4);
}

TEST(Canary, OfADriverThatIsGoneServesNobodyAfterTheNextRolloutWasTakenBack) {
  Play release(spec_of(strategy::Rolling{}, 2, 3, 2));
  release.world.place({"web-1", 8102}, "dead");
  release.world.share_traffic_among("old", "dead");
  release.world.character("new").never_ready = true;
  release.begin_and_run();
  EXPECT_EQ(release.running("dead"), 0);
  expect_taken_back(release, 2);
}

TEST(Canary, IsNotPromotedBeforeItsLastLookIsAnswered) {
  RolloutSpec spec = spec_of(canary_of({weight(25), analysis(minutes(1))}), 2, 3, 2);
  spec.analysis_every = seconds(30);
  Play release(spec);
  release.begin();
  release.run_until([&] { return release.count<rollout_command::Measure>() == 2; });  // the first one passed
  release.world.character("new").verdict = Verdict::fail;
  release.run();
  expect_taken_back(release, 2);
}

TEST(Bake, ShowsWhenItIsOverAndNotItsNextLook) {
  RolloutSpec spec = spec_of(strategy::BlueGreen{false, false, minutes(10)}, 2, 2, 2);
  spec.bake = minutes(1);
  spec.analyse_bake = true;
  spec.analysis_every = seconds(10);
  Play release(spec);
  release.begin();
  EXPECT_FALSE(release.rollout.view().next_at) << "no deadline either";
  release.run_until([&] { return release.count<rollout_command::Measure>() == 1; });
  const auto over = release.rollout.view().next_at;
  ASSERT_TRUE(over.has_value());
  release.run_until([&] { return release.count<rollout_command::Measure>() == 3; });
  EXPECT_EQ(release.rollout.view().next_at, over);
}

TEST(Bake, IsNotAnalysedOfAFirstReleaseOrARollback) {
  RolloutSpec spec = spec_of(strategy::Recreate{}, 2, 2, 2);
  spec.bake = minutes(1);
  spec.analyse_bake = true;
  EXPECT_FALSE(for_rollback(spec).analyse_bake);
  Play first(spec, true);
  first.begin();
  first.run();
  EXPECT_EQ(first.count<rollout_command::Measure>(), 0);
  EXPECT_EQ(first.rollout.phase(), RolloutPhase::live);
}

TEST(Bake, IsNotOverBeforeItsLastLookIsAnswered) {
  RolloutSpec spec = spec_of(strategy::BlueGreen{false, false, minutes(10)}, 2, 2, 2);
  spec.bake = minutes(1);
  spec.analyse_bake = true;
  spec.analysis_every = seconds(10);
  Play release(spec);
  release.begin();
  release.run_until([&] { return release.count<rollout_command::Measure>() == 6; });
  release.world.character("new").verdict = Verdict::fail;
  EXPECT_TRUE(!release.rollout.next_due() || *release.rollout.next_due() > release.world.now());
  release.run();
  expect_taken_back(release, 2);
}

TEST(Canary, WaitsForAPersonWhereNoStepSaysHowLong) {
  auto spec = spec_of(canary_of({weight(10), pause()}), 2, 2, 2);
  spec.health.every = seconds(20);
  Play release(spec);
  release.begin();
  release.run_until([&] { return release.world.now() > Instant(std::chrono::hours(24 * 365 + 5)); });
  EXPECT_EQ(release.rollout.phase(), RolloutPhase::paused);  // hours after its deadline
  EXPECT_EQ(release.rollout.view().waits_for, "a person: ci rollout continue, promote or abort");
  ASSERT_TRUE(release.steer(Steer::go_on).ok());
  release.run();
  expect_live(release, 2);
}

TEST(Canary, AnInconclusiveAnalysisIsNoSuccess) {
  Play release(spec_of(canary_of({weight(10), analysis(minutes(1))}), 2, 2, 2));
  release.world.character("new").verdict = Verdict::inconclusive;
  release.begin_and_run();
  EXPECT_EQ(release.rollout.phase(), RolloutPhase::paused);
  EXPECT_NE(release.rollout.view().waits_for.find("the analysis is inconclusive"), std::string::npos);
  ASSERT_TRUE(release.steer(Steer::go_on).ok());
  release.run();
  expect_live(release, 2);
}

TEST(Canary, LooksInTheBackgroundThroughAllSteps) {
  auto canary = canary_of({weight(10), pause(minutes(2)), weight(50), pause(minutes(2))});
  canary.background_analysis = true;
  Play release(spec_of(canary, 2, 2, 2));
  release.begin();
  release.run_until([&] { return release.share("new") == 5000; });
  EXPECT_GE(release.count<rollout_command::Measure>(), 3);
  release.world.character("new").verdict = Verdict::fail;
  release.run();
  expect_taken_back(release, 2);
}

TEST(Canary, EachLookNamesTheEvidenceOfTheOneBefore) {
  Play release(spec_of(canary_of({weight(10), analysis(minutes(2))}), 2, 2, 2));
  release.begin_and_run();
  std::string before;
  int looks = 0;
  for (const RolloutCommand& command : release.commands) {
    const auto* measure = std::get_if<rollout_command::Measure>(&command.what);
    if (measure == nullptr) continue;
    EXPECT_EQ(measure->earlier, before);
    before = "evidence " + std::to_string(command.id);
    ++looks;
  }
  EXPECT_GE(looks, 2);
  expect_live(release, 2);
}

TEST(Canary, ComparesWithFreshInstancesOfTheOldReleaseWhereAsked) {
  auto canary = canary_of({weight(20), analysis(minutes(1))});
  canary.baseline = true;
  Play release(spec_of(canary, 2, 3, 2));
  release.begin();
  release.run_until([&] { return release.count<rollout_command::Measure>() > 0; });
  EXPECT_EQ(release.running("old"), 3);
  EXPECT_EQ(release.share("new"), 2000);
  for (const RolloutCommand& command : release.commands) {
    const auto* measure = std::get_if<rollout_command::Measure>(&command.what);
    EXPECT_TRUE(!measure || measure->against == InstanceGroup::baseline);
  }
  release.run();
  expect_live(release, 2);
}

TEST(Canary, SendsRequestsWithAHeaderToTheNewReleaseUntilItIsLive) {
  Play release(spec_of(canary_of({{CanaryStep::Header{{"X-Beta", "yes"}}}, pause()}), 2, 2, 2));
  release.begin_and_run();
  EXPECT_EQ(release.world.split().header, (TrafficSplit::HeaderRoute{"X-Beta", "yes"}));
  ASSERT_EQ(release.world.split().by_header.size(), 1U);
  EXPECT_EQ(release.world.instances().at(release.world.split().by_header[0]).release, "new");
  EXPECT_EQ(release.share("old"), 10000);
  ASSERT_TRUE(release.steer(Steer::promote).ok());
  release.run();
  expect_live(release, 2);
  EXPECT_TRUE(release.world.split().header.name.empty());
}

TEST(Canary, ServesThoseWhoseOnlyOldInstanceIsBeingStartedAgain) {
  Play release(spec_of(canary_of({{CanaryStep::Header{{"X-Beta", "yes"}}}, pause()}), 1, 2, 1));
  release.begin_and_run();
  ASSERT_EQ(release.share("new"), 0);
  release.world.kill({"web-1", 8100});
  release.world.driver_dies();
  release.apply({release.world.now(), release.world.observe()});
  for (const RolloutCommand& command : release.rollout.outstanding()) release.world.act(command);
  release.run_until([&] { return release.share("new") == 10000; });
  EXPECT_EQ(release.share("new"), 10000) << "it is ready, and nobody else is";
  release.run_until([&] { return release.share("old") == 10000; });
  EXPECT_EQ(release.share("old"), 10000);
  EXPECT_TRUE(release.world.offences().empty()) << release.world.offences().front();
}

TEST(Canary, ReplacesInstancesByCountWhereNothingSteersTraffic) {
  auto spec = spec_of(canary_of({weight(25), pause(), weight(37), pause()}), 4, 3, 8);
  spec.steers_traffic = false;
  Play release(spec);
  release.begin_and_run();
  EXPECT_EQ(release.running("new"), 2);
  EXPECT_EQ(release.running("old"), 6);
  ASSERT_TRUE(release.steer(Steer::go_on).ok());
  release.run();
  EXPECT_EQ(release.running("new"), 3);  // 2.96
  ASSERT_TRUE(release.steer(Steer::go_on).ok());
  release.run();
  EXPECT_EQ(release.rollout.phase(), RolloutPhase::live);
  EXPECT_EQ(release.running("old"), 0);
  EXPECT_EQ(release.running("new"), 8);
  EXPECT_EQ(release.count<rollout_command::Shift>(), 0);
}

TEST(Canary, FirstReleaseOfAnEnvironmentSkipsTheSteps) {
  Play release(spec_of(canary_of({weight(10), pause()}), 2, 2, 2), true);
  release.begin_and_run();
  expect_live(release, 2);
}

TEST(Rollback, LeavesOutTheStepsOfACanary) {
  Play release(for_rollback(spec_of(canary_of({weight(10), pause(), analysis(minutes(5))}), 2, 2, 2)));
  release.begin_and_run();
  EXPECT_EQ(release.count<rollout_command::Shift>(), 1);
  expect_live(release, 2);
  auto narrow = spec_of(canary_of({weight(10), pause()}), 2, 2, 3);
  EXPECT_TRUE(std::holds_alternative<strategy::Rolling>(for_rollback(narrow).strategy));
  EXPECT_TRUE(
      std::holds_alternative<strategy::Recreate>(for_rollback(spec_of(strategy::Recreate{}, 1, 1, 1)).strategy));
}

TEST(BlueGreen, SwitchesAllAtOnceAndKeepsTheOldColourForAWhile) {
  Play release(spec_of(strategy::BlueGreen{false, false, minutes(10)}, 2, 2, 2));
  release.begin_and_run();
  EXPECT_EQ(release.count<rollout_command::Shift>(), 1);
  EXPECT_EQ(release.rollout.phase(), RolloutPhase::live);
  EXPECT_EQ(release.running("old"), 2);
  ASSERT_TRUE(release.rollout.next_due().has_value());
  release.run_until([&] { return release.running("old") == 0; });
  EXPECT_GE(release.world.now() - Instant(std::chrono::hours(24 * 365)), minutes(10));
  expect_live(release, 2);
}

TEST(BlueGreen, ShowsTheNewColourAtThePreviewAddressUntilAPersonSaysGo) {
  Play release(spec_of(strategy::BlueGreen{true, false, {}}, 2, 2, 2));
  release.begin_and_run();
  EXPECT_EQ(release.rollout.phase(), RolloutPhase::paused);
  EXPECT_EQ(release.world.split().preview.size(), 2U);
  EXPECT_EQ(release.share("old"), 10000);
  ASSERT_TRUE(release.steer(Steer::go_on).ok());
  release.run();
  expect_live(release, 2);
  EXPECT_TRUE(release.world.split().preview.empty());
}

TEST(BlueGreen, GoesBackToTheStandingOldColourInOneShift) {
  auto spec = spec_of(strategy::BlueGreen{false, false, minutes(10)}, 2, 2, 2);
  spec.bake = minutes(5);
  Play release(spec);
  release.begin();
  release.run_until([&] { return release.rollout.phase() == RolloutPhase::baking; });
  EXPECT_EQ(release.share("new"), 10000);
  ASSERT_TRUE(release.steer(Steer::abort).ok());
  release.run();
  EXPECT_EQ(release.count<rollout_command::Shift>(), 2);
  expect_taken_back(release, 2);
}

TEST(BlueGreen, ComesBackToAStandingColourWithoutAStart) {
  Play release(spec_of(strategy::BlueGreen{false, false, {}}, 2, 2, 2));
  for (const char* host : {"web-1", "web-2"}) release.world.place({host, 8101}, "new");
  release.begin_and_run();
  EXPECT_EQ(release.count<rollout_command::Start>(), 0);
  expect_live(release, 2);
}

TEST(BlueGreen, NeedsSomethingThatSteersTrafficAndRoomForBoth) {
  auto spec = spec_of(strategy::BlueGreen{}, 2, 2, 2);
  spec.steers_traffic = false;
  EXPECT_FALSE(Rollout::create(spec, "old", "new").ok());
  const auto full = Rollout::create(spec_of(strategy::BlueGreen{}, 2, 1, 2), "old", "new");
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().help, "give each host at least 2 ports");
}

}  // namespace
}  // namespace penstock
