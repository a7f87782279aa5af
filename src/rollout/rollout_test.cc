#include "rollout/rollout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "rollout/testing/world.h"

namespace penstock {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::RolloutWorld;
using What = rollout_command::Record::What;

RolloutSpec spec_of(Strategy strategy, int hosts, int ports, int instances) {
  RolloutSpec spec;
  spec.environment = "production";
  spec.strategy = std::move(strategy);
  spec.instances = instances;
  spec.steers_traffic = true;
  spec.drain = seconds(5);
  for (int i = 1; i <= hosts; ++i) {
    HostSlots host{"web-" + std::to_string(i), {}};
    for (int port = 0; port < ports; ++port) host.ports.push_back(8100 + port);
    spec.hosts.push_back(host);
  }
  return spec;
}

/// One rollout in a world where nothing goes wrong unless a test says so.
class Release {
 public:
  explicit Release(RolloutSpec spec, bool first = false) : world(spec, 1, {}), rollout(made(spec, first)) {
    if (first) return;
    for (int i = 0; i < spec.instances; ++i) {
      const auto& host = spec.hosts[static_cast<size_t>(i) % spec.hosts.size()];
      world.place({host.host, host.ports[static_cast<size_t>(i) / spec.hosts.size()]}, "old");
    }
    world.share_traffic_among("old");
  }

  void begin() { apply({world.now(), world.observe()}); }

  /// Until nothing happens any more but by a person, or `done`.
  template <class Done>
  void run_until(Done done) {
    for (int i = 0; i < 20000 && !done(); ++i) {
      const auto event = world.next(rollout.next_due());
      if (!event) return;
      apply(*event);
    }
  }
  void run() {
    run_until([&] { return is_end(rollout.phase()) || rollout.phase() == RolloutPhase::paused; });
  }
  void begin_and_run() {
    begin();
    run();
  }
  Result<> steer(rollout_event::Steered::What what) {
    auto result = rollout.apply({world.now(), rollout_event::Steered{what, {"Ada", "", false}, ""}});
    if (!result.ok()) return result.error();
    for (const RolloutCommand& command : *result) act(command);
    return success();
  }
  void apply(const RolloutEvent& event) {
    auto result = rollout.apply(event);
    ASSERT_TRUE(result.ok()) << result.error().message;
    for (const RolloutCommand& command : *result) act(command);
    const auto read = Rollout::from_json(rollout.to_json());
    ASSERT_TRUE(read.ok()) << read.error().message << "\n" << rollout.to_json();
    ASSERT_TRUE(*read == rollout);
  }
  void act(const RolloutCommand& command) {
    commands.push_back(command);
    world.act(command);
  }

  std::vector<What> journal() const {
    std::vector<What> whats;
    for (const auto& each : world.journal()) whats.push_back(each.what);
    return whats;
  }
  int running(const std::string& release) const {
    return static_cast<int>(std::count_if(world.instances().begin(), world.instances().end(), [&](const auto& each) {
      return each.second.release == release && each.second.running;
    }));
  }
  int share(const std::string& release) const {
    int sum = 0;
    for (const auto& each : world.split().shares)
      if (world.instances().at(each.address).release == release) sum += each.weight;
    return sum;
  }
  template <class Command>
  int count() const {
    return static_cast<int>(std::count_if(commands.begin(), commands.end(), [](const RolloutCommand& each) {
      return std::holds_alternative<Command>(each.what);
    }));
  }
  std::string story() const {
    std::string text;
    for (const std::string& line : world.story()) text += line + "\n";
    return text;
  }

  RolloutWorld world;
  Rollout rollout;
  std::vector<RolloutCommand> commands;

 private:
  static Rollout made(const RolloutSpec& spec, bool first) {
    auto result = Rollout::create(spec, first ? "" : "old", "new");
    EXPECT_TRUE(result.ok()) << result.error().message;
    return std::move(*result);
  }
};

void expect_live(const Release& release, int instances) {
  EXPECT_EQ(release.rollout.phase(), RolloutPhase::live) << release.story();
  EXPECT_EQ(release.running("new"), instances);
  EXPECT_EQ(release.share("new"), 10000);
  EXPECT_EQ(release.journal(), (std::vector{What::started, What::promoted, What::ended}));
  EXPECT_TRUE(release.world.offences().empty()) << release.world.offences().front();
}

void expect_taken_back(const Release& release, int instances) {
  EXPECT_EQ(release.rollout.phase(), RolloutPhase::taken_back) << release.story();
  EXPECT_EQ(release.running("new"), 0);
  EXPECT_EQ(release.running("old"), instances);
  EXPECT_EQ(release.share("old"), 10000);
  EXPECT_EQ(release.journal().back(), What::taken_back);
  EXPECT_TRUE(release.world.offences().empty()) << release.world.offences().front();
}

TEST(Recreate, StopsAllOldInstancesBeforeItStartsNewOnes) {
  Release release(spec_of(strategy::Recreate{}, 2, 1, 2));
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
  Release release(spec_of(strategy::Recreate{}, 2, 1, 2));
  release.world.character("new").never_ready = true;
  release.begin_and_run();
  expect_taken_back(release, 2);
  EXPECT_NE(release.rollout.view().reason.find("was not ready within 30s: GET /healthz: 503"), std::string::npos)
      << release.rollout.view().reason;
}

TEST(Rolling, KeepsAllThatAreWantedServing) {
  Release release(spec_of(strategy::Rolling{}, 4, 2, 4));
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
  Release release(spec_of(strategy::Rolling{{0, false}, {50, true}, {}, {}}, 4, 1, 4));
  release.begin_and_run();
  expect_live(release, 4);
}

TEST(Rolling, TakesABatchOfHostsAtATimeAndWaitsBetween) {
  Release release(spec_of(strategy::Rolling{{0, false}, {2, false}, {2, false}, seconds(20)}, 4, 1, 4));
  release.begin();
  release.run_until([&] { return release.rollout.view().step_name == "batch 2 of 2"; });
  EXPECT_EQ(release.running("new"), 2);
  EXPECT_GE(release.world.now() - Instant(std::chrono::hours(24 * 365)), seconds(20));
  release.run();
  expect_live(release, 4);
}

TEST(Rolling, GoesBackInstanceByInstanceWhenTheNewReleaseFailsHalfway) {
  Release release(spec_of(strategy::Rolling{}, 4, 2, 4));
  release.begin();
  release.run_until([&] { return release.running("new") == 3; });
  release.world.character("new").sick_after = seconds(0);
  release.run();
  expect_taken_back(release, 4);
}

TEST(Rolling, TakesTheNewReleaseBackInItsBakeTime) {
  auto spec = spec_of(strategy::Rolling{}, 2, 2, 2);
  spec.bake = minutes(5);
  Release release(spec);
  release.begin();
  release.run_until([&] { return release.rollout.phase() == RolloutPhase::baking; });
  EXPECT_EQ(release.running("old"), 0);
  release.world.character("new").sick_after = seconds(0);
  release.run();
  expect_taken_back(release, 2);
  EXPECT_EQ(release.journal(), (std::vector{What::started, What::promoted, What::taken_back}));
}

TEST(Rolling, FirstReleaseOfAnEnvironmentStartsAllAtOnce) {
  Release release(spec_of(strategy::Rolling{}, 2, 2, 3), true);
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
  Release release(spec_of(strategy::Rolling{}, 3, 2, 3));
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

TEST(Failure, WhilePreparingTouchesNothing) {
  Release release(spec_of(strategy::Rolling{}, 3, 2, 3));
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
