#include "rollout/rollout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "rollout/testing/play.h"

namespace penstock {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::expect_live;
using testing::expect_taken_back;
using testing::Play;
using testing::spec_of;
using What = rollout_command::Record::What;

TEST(Recreate, StopsAllOldInstancesBeforeItStartsNewOnes) {
  Play release(spec_of(strategy::Recreate{}, 2, 1, 2));
  release.begin();
  bool both = false;
  release.run_until([&] {
    both = both || (release.running("old") > 0 && release.running("new") > 0);
    return is_end(release.rollout.phase());
  });
  EXPECT_FALSE(both);
  expect_live(release, 2);
}

TEST(Recreate, BringsTheOldReleaseBackWhereTheNewOneDoesNotStart) {
  Play release(spec_of(strategy::Recreate{}, 2, 1, 2));
  release.world.character("new").never_ready = true;
  release.begin_and_run();
  expect_taken_back(release, 2);
  EXPECT_NE(release.rollout.view().reason.find("was not ready within 30s: GET /healthz: 503"), std::string::npos)
      << release.rollout.view().reason;
}

TEST(Rolling, KeepsAllThatAreWantedServing) {
  Play release(spec_of(strategy::Rolling{}, 4, 2, 4));
  release.begin();
  int least = 100;
  int most = 0;
  release.run_until([&] {
    int serving = 0;
    for (const auto& [address, instance] : release.world.instances())
      if (release.world.weight(address) > 0 && release.world.is_ready(address)) ++serving;
    least = std::min(least, serving);
    most = std::max(most, static_cast<int>(release.world.instances().size()));
    return is_end(release.rollout.phase());
  });
  EXPECT_EQ(least, 4);
  EXPECT_EQ(most, 5);
  expect_live(release, 4);
}

TEST(Rolling, ReplacesInPlaceWhereSoManyMayBeUnavailable) {
  Play release(spec_of(strategy::Rolling{{0, false}, {50, true}, {}, {}}, 4, 1, 4));
  release.begin_and_run();
  expect_live(release, 4);
}

TEST(Rolling, TakesABatchOfHostsAtATimeAndWaitsBetween) {
  Play release(spec_of(strategy::Rolling{{0, false}, {2, false}, {2, false}, seconds(20)}, 4, 1, 4));
  release.begin();
  release.run_until([&] { return release.rollout.view().step_name == "batch 2 of 2"; });
  EXPECT_EQ(release.running("new"), 2);
  EXPECT_GE(release.world.now() - Instant(std::chrono::hours(24 * 365)), seconds(20));
  release.run();
  expect_live(release, 4);
}

TEST(Rolling, GoesBackInstanceByInstanceWhenTheNewReleaseFailsHalfway) {
  Play release(spec_of(strategy::Rolling{}, 4, 2, 4));
  release.begin();
  release.run_until([&] { return release.running("new") == 3; });
  release.world.character("new").sick_after = seconds(0);
  release.run();
  expect_taken_back(release, 4);
}

TEST(Rolling, TakesTheNewReleaseBackInItsBakeTime) {
  auto spec = spec_of(strategy::Rolling{}, 2, 2, 2);
  spec.bake = minutes(5);
  Play release(spec);
  release.begin();
  release.run_until([&] { return release.rollout.phase() == RolloutPhase::baking; });
  EXPECT_EQ(release.running("old"), 0);
  release.world.character("new").sick_after = seconds(0);
  release.run();
  expect_taken_back(release, 2);
  EXPECT_EQ(release.journal(), (std::vector{What::started, What::promoted, What::taken_back}));
}

TEST(Rolling, FirstReleaseOfAnEnvironmentStartsAllAtOnce) {
  Play release(spec_of(strategy::Rolling{}, 2, 2, 3), true);
  release.begin_and_run();
  expect_live(release, 3);
}

TEST(Rolling, CannotBeginWithoutRoomToMove) {
  const auto none = Rollout::create(spec_of(strategy::Rolling{{0, false}, {0, false}, {}, {}}, 2, 2, 2), "old", "new");
  ASSERT_FALSE(none.ok());
  EXPECT_NE(none.error().message.find("both come to zero"), std::string::npos);
  const auto full = Rollout::create(spec_of(strategy::Rolling{}, 2, 1, 2), "old", "new");
  ASSERT_FALSE(full.ok());
  EXPECT_NE(full.error().message.find("needs a free port"), std::string::npos);
}

TEST(Failure, OfAHostNamesItAndTakesBack) {
  Play release(spec_of(strategy::Rolling{}, 3, 2, 3));
  release.world.refuses = [](const RolloutCommand& command) -> std::optional<std::string> {
    const auto* start = std::get_if<rollout_command::Start>(&command.what);
    if (start && start->instance.address.host == "web-2" && start->instance.release == "new")
      return "web-2 can't be reached";
    return {};
  };
  release.begin_and_run();
  expect_taken_back(release, 3);
  EXPECT_EQ(release.rollout.view().reason, "web-2 can't be reached");
}

TEST(Failure, IsTakenBackThoughAnOldInstanceCameBackLate) {
  RolloutSpec spec = spec_of(strategy::Rolling{}, 3, 2, 3);
  spec.health.successes = 4;  // the first of them in time
  Play release(spec);
  release.world.character("old").ready_after = spec.health.start_within - spec.health.every;
  release.world.refuses = [](const RolloutCommand& command) -> std::optional<std::string> {
    const auto* start = std::get_if<rollout_command::Start>(&command.what);
    const bool is_third = start && start->instance.address.host == "web-3" && start->instance.release == "new";
    return is_third ? std::optional<std::string>("web-3 can't be reached") : std::nullopt;
  };
  release.begin_and_run();
  expect_taken_back(release, 3);
}

TEST(Failure, WhilePreparingTouchesNothing) {
  Play release(spec_of(strategy::Rolling{}, 3, 2, 3));
  release.world.refuses = [](const RolloutCommand& command) -> std::optional<std::string> {
    if (std::holds_alternative<rollout_command::Prepare>(command.what)) return "no space left on web-1";
    return {};
  };
  release.begin_and_run();
  expect_taken_back(release, 3);
  EXPECT_EQ(release.count<rollout_command::Start>(), 0);
  EXPECT_EQ(release.count<rollout_command::Stop>(), 0);
}

}  // namespace
}  // namespace penstock
