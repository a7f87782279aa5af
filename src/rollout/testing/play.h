#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "rollout/rollout.h"
#include "rollout/testing/world.h"

namespace penstock::testing {

inline RolloutSpec spec_of(Strategy strategy, int hosts, int ports, int instances) {
  RolloutSpec spec;
  spec.environment = "production";
  spec.strategy = std::move(strategy);
  spec.instances = instances;
  spec.steers_traffic = true;
  spec.drain = std::chrono::seconds(5);
  for (int i = 1; i <= hosts; ++i) {
    HostSlots host{"web-" + std::to_string(i), {}};
    for (int port = 0; port < ports; ++port) host.ports.push_back(8100 + port);
    spec.hosts.push_back(host);
  }
  return spec;
}

/// One rollout in a world where nothing goes wrong unless a test says so.
class Play {
 public:
  using What = rollout_command::Record::What;

  explicit Play(RolloutSpec spec, bool first = false) : world(spec, 1, {}), rollout(made(spec, first)) {
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
    if (result->empty()) return;
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

inline void expect_live(const Play& release, int instances) {
  EXPECT_EQ(release.rollout.phase(), RolloutPhase::live) << release.story();
  EXPECT_EQ(release.running("new"), instances);
  EXPECT_EQ(release.share("new"), 10000);
  EXPECT_EQ(release.journal(), (std::vector{Play::What::started, Play::What::promoted, Play::What::ended}));
  EXPECT_TRUE(release.world.offences().empty()) << release.world.offences().front();
}

inline void expect_taken_back(const Play& release, int instances) {
  EXPECT_EQ(release.rollout.phase(), RolloutPhase::taken_back) << release.story();
  EXPECT_EQ(release.running("new"), 0);
  EXPECT_EQ(release.running("old"), instances);
  EXPECT_EQ(release.share("old"), 10000);
  EXPECT_EQ(release.journal().back(), Play::What::taken_back);
  EXPECT_TRUE(release.world.offences().empty()) << release.world.offences().front();
}

}  // namespace penstock::testing
