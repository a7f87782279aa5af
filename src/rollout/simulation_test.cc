#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "rollout/json.h"
#include "rollout/rollout.h"
#include "rollout/testing/left_behind.h"
#include "rollout/testing/random_rollout.h"
#include "rollout/testing/world.h"

// Random fleets and strategies under random misfortune: commands that fail, answers that come late or never, instances,
// hosts and drivers that die, people who interfere. What must hold whatever happens: the functions of Simulation.
namespace penstock {
namespace {

using std::chrono::seconds;
using testing::Chance;
using testing::Mischief;
using testing::RolloutWorld;
using What = rollout_command::Record::What;

// In the calm only the new release may be bad, and people may interfere.
enum class Weather { calm, wild };

/// One rollout from its beginning to its end, checked after everything that happens.
class Simulation {
 public:
  Simulation(uint64_t seed, Weather weather)
      : chance_(seed),
        weather_(weather),
        setting_(testing::random_setting(chance_)),
        rollout_(setting_.rollout),
        world_(setting_.spec, seed, weather == Weather::calm ? Mischief{} : testing::random_mischief(chance_)) {
    people_ = chance_.one_in(3);
    crashes_ = weather == Weather::wild && chance_.one_in(2);
    furnish();
  }

  void play() {
    tell({world_.now(), world_.observe()});
    for (int i = 0; i < 12000 && !failed(); ++i) {
      if (is_end(rollout_.phase()) && !rollout_.next_due() && rollout_.outstanding().empty()) break;
      step();
    }
    if (failed()) return;
    ASSERT_TRUE(is_end(rollout_.phase())) << "it never ends: " << rollout_.to_json();
    it_ended_as_it_says();
    replaying_the_events_gives_the_same_rollout();
  }

  uint64_t events() const { return events_.size(); }
  RolloutPhase phase() const { return rollout_.phase(); }
  std::string story() const {
    std::string text;
    for (const std::string& line : world_.story()) text += "  " + line + "\n";
    return text;
  }

 private:
  const RolloutSpec& spec() const { return setting_.spec; }
  static bool failed() { return ::testing::Test::HasFailure(); }

  void give_character() {
    testing::Character& character = world_.character("new");
    character.ready_after = Duration(chance_.below(3000));
    character.never_ready = chance_.one_in(10);
    if (chance_.one_in(6)) character.sick_after = seconds(4 + chance_.below(60));
    if (chance_.one_in(8)) character.verdict = Verdict::fail;
    if (chance_.one_in(8)) character.verdict = Verdict::inconclusive;
    world_.character("old").ready_after = Duration(chance_.below(3000));
  }

  void furnish() {
    give_character();
    std::vector<InstanceAddress> slots;
    for (size_t port = 0; port < 4; ++port)
      for (const HostSlots& host : spec().hosts)
        if (port < host.ports.size()) slots.push_back({host.host, host.ports[port]});
    size_t next = 0;
    if (!setting_.from.empty()) {
      int old = spec().instances;
      if (chance_.one_in(8)) old = 1 + chance_.below(spec().instances);
      for (; next < static_cast<size_t>(old) && next < slots.size(); ++next) world_.place(slots[next], "old");
      if (spec().steers_traffic) world_.share_traffic_among("old");
      initial_ = strength_ = static_cast<int>(next);
    }
    // The colour of an earlier rollout stands there still, or what a driver that is gone left, which may serve.
    const bool returns = spec().steers_traffic && initial_ > 0 && chance_.one_in(10);
    const bool leftover = spec().steers_traffic && chance_.one_in(10);
    for (; (returns || leftover) && next < slots.size(); ++next)
      if (chance_.one_in(2)) world_.place(slots[next], returns ? "new" : "older");
    if (leftover && initial_ == spec().instances && chance_.one_in(2)) world_.share_traffic_among("old", "older");
    if (initial_ > 0 && next == static_cast<size_t>(initial_) && chance_.one_in(4)) over_what_a_dead_driver_left();
    most_at_first_ = static_cast<int>(world_.instances().size());
  }

  void over_what_a_dead_driver_left() {
    RolloutWorld left = world_;
    left.character("older").ready_after = Duration(chance_.below(3000));
    if (!testing::leave_behind(left, spec(), chance_.one_in(3) ? "new" : "older", chance_)) return;
    world_.stand_as(left);
    left_ = static_cast<int>(world_.instances().size());
    initial_ = strength_ = 0;
    bool others_serve = false;
    for (const auto& [address, instance] : world_.instances()) {
      const bool serves = instance.running && (!spec().steers_traffic || world_.weight(address) > 0);
      initial_ += serves && world_.is_ready(address) ? 1 : 0;
      strength_ += instance.release == "old" && instance.running ? 1 : 0;
      if (instance.release == "new") ++left_;  // on later hosts they take no room from the first
      others_serve = others_serve || (serves && instance.release != "old");
    }
    if (others_serve) strength_ = std::max(strength_, spec().instances);
  }

  void step() {
    if (people_ && chance_.one_in(40)) interfere();
    if (crashes_ && chance_.one_in(60)) return driver_is_replaced();
    if (rollout_.phase() == RolloutPhase::paused && chance_.one_in(60)) return somebody_acts();
    auto event = world_.next(rollout_.next_due());
    if (event) return tell(std::move(*event));
    it_waits_for_somebody_named();
    somebody_acts();
  }

  void tell(RolloutEvent event) {
    if (crashes_ && chance_.one_in(100)) return driver_is_replaced();  // nobody stored what happened
    const bool was_lost = rollout_.phase() == RolloutPhase::lost;
    auto commands = apply(event);
    if (crashes_ && chance_.one_in(100)) return driver_is_replaced();  // stored, but not acted on
    for (const RolloutCommand& command : commands) {
      EXPECT_TRUE(!was_lost) << "it acts though it lost the environment";
      world_.act(command);
    }
    everything_holds();
  }

  std::vector<RolloutCommand> apply(const RolloutEvent& event) {
    auto commands = rollout_.apply(event);
    if (!commands.ok()) {
      EXPECT_TRUE(std::holds_alternative<rollout_event::Steered>(event.what)) << commands.error().message;
      EXPECT_FALSE(commands.error().message.empty());
      return {};
    }
    events_.push_back(event);
    commands_.push_back(*commands);
    count_mistaken(*commands);
    if (chance_.one_in(12)) stored_rollout_is_the_same();
    ids_rise(*commands);
    const auto due = rollout_.next_due();
    EXPECT_TRUE(!due || *due > event.at) << "it wants to be woken in the past: " << rollout_.to_json();
    return std::move(*commands);
  }

  /// Where probes fail by chance, an instance may count as unready though it is well.
  void count_mistaken(const std::vector<RolloutCommand>& commands) {
    if (weather_ == Weather::calm) return;
    for (const RolloutCommand& command : commands)
      if (const auto* say = std::get_if<rollout_command::Say>(&command.what))
        mistaken_ += is_mistake(say->text) ? 1 : 0;
  }

  /// Probes may tell of illness where there is none: of one that serves, or of an old one that comes back.
  static bool is_mistake(const std::string& said) {
    return said.find("is no longer ready") != std::string::npos ||
           (said.find("was not ready within") != std::string::npos && !said.starts_with("takes back"));
  }

  /// As a new driver does: look, compare, and carry out what has no answer yet.
  void driver_is_replaced() {
    world_.driver_dies();
    world_.sleep(Duration(chance_.below(5000)));
    stored_rollout_is_the_same();
    const auto told = apply({world_.now(), world_.observe()});
    for (const RolloutCommand& command : told)
      if (std::holds_alternative<rollout_command::Say>(command.what)) world_.act(command);
    for (const RolloutCommand& command : rollout_.outstanding()) world_.act(command);
    everything_holds();
  }

  void interfere() {
    if (weather_ == Weather::wild && chance_.one_in(60)) return tell({world_.now(), rollout_event::LeaseLost{"Bob"}});
    if (chance_.one_in(4)) {
      if (chance_.one_in(2)) return tell({world_.now(), rollout_event::Freeze{}});
      return tell({world_.now(), rollout_event::Freeze{world_.now() + seconds(chance_.below(60)), "weekend"}});
    }
    steer(static_cast<rollout_event::Steered::What>(chance_.below(chance_.one_in(3) ? 4 : 3)));
  }

  void steer(rollout_event::Steered::What what) {
    tell({world_.now(), rollout_event::Steered{what, {"Ada", "", false}, ""}});
  }

  void somebody_acts() {
    world_.sleep(seconds(chance_.below(100)));
    woke_at_ = world_.now();
    using Steer = rollout_event::Steered::What;
    const int choice = chance_.below(8);
    steer(choice == 0 ? Steer::abort : choice == 1 ? Steer::promote : Steer::go_on);
  }

  // --- what must hold ---

  void everything_holds() {
    enough_instances_serve();
    no_more_stand_than_promised();
    nobody_unwell_keeps_its_traffic();
    no_rule_was_broken();
  }

  void no_rule_was_broken() {
    for (const std::string& offence : world_.offences()) ADD_FAILURE() << offence;
  }

  int unavailable() const {
    if (std::holds_alternative<strategy::Recreate>(spec().strategy)) return spec().instances;
    const auto* rolling = std::get_if<strategy::Rolling>(&spec().strategy);
    return rolling ? std::min(spec().instances, rolling->max_unavailable.rounded_down(spec().instances)) : 0;
  }
  int surge() const {
    if (std::holds_alternative<strategy::Recreate>(spec().strategy)) return 0;
    if (const auto* rolling = std::get_if<strategy::Rolling>(&spec().strategy))
      return rolling->max_surge.rounded_up(spec().instances);
    return spec().steers_traffic ? spec().instances : Amount{25, true}.rounded_up(spec().instances);
  }

  void enough_instances_serve() {
    int serving = 0;
    for (const auto& [address, instance] : world_.instances())
      if (world_.is_ready(address) && (!spec().steers_traffic || world_.weight(address) > 0)) ++serving;
    const int floor = std::min(initial_, spec().instances - unavailable()) - world_.damage() - mistaken_;
    EXPECT_GE(serving, floor) << "too few serve: " << rollout_.to_json();
  }

  void no_more_stand_than_promised() {
    const bool back = rollout_.phase() == RolloutPhase::taking_back;
    int standing = back ? -world_.damage() - mistaken_ : 0;  // what was ill counts no more, also where it got well
    for (const auto& [address, instance] : world_.instances()) {
      if (instance.group == InstanceGroup::baseline || on_dead_host(address)) continue;
      standing += back && instance.release != "old" && !world_.is_ready(address) ? 0 : 1;
    }
    const int wanted = std::max({spec().instances, initial_, strength_, left_});
    EXPECT_LE(standing, std::max(most_at_first_, wanted + surge())) << "too many stand: " << rollout_.to_json();
  }

  void nobody_unwell_keeps_its_traffic() {
    if (is_end(rollout_.phase()) || !spec().steers_traffic) return;
    bool others = false;
    for (const auto& [address, instance] : world_.instances())
      others = others || (world_.is_ready(address) && world_.weight(address) > 0);
    const Duration window = spec().health.every * spec().health.failures + std::chrono::minutes(2);
    for (const auto& [address, instance] : world_.instances()) {
      if (world_.weight(address) == 0 || world_.is_ready(address) || !others) continue;
      EXPECT_LE(world_.now() - std::max(instance.well_at, woke_at_), window)
          << address.host << ":" << address.port << " isn't well";
    }
  }

  void it_waits_for_somebody_named() {
    if (is_end(rollout_.phase())) return;
    EXPECT_EQ(rollout_.phase(), RolloutPhase::paused) << "it waits for nothing";
    EXPECT_NE(rollout_.view().waits_for.find("a person"), std::string::npos) << rollout_.view().waits_for;
  }

  bool on_dead_host(const InstanceAddress& address) const { return world_.dead_hosts().contains(address.host); }
  bool said(const std::string& words) const {
    return std::any_of(world_.story().begin(), world_.story().end(),
                       [&](const std::string& line) { return line.find(words) != std::string::npos; });
  }

  void it_ended_as_it_says() {
    switch (rollout_.phase()) {
      case RolloutPhase::live:
        return the_new_release_serves();
      case RolloutPhase::taken_back:
        return the_old_release_serves();
      case RolloutPhase::failed:
        EXPECT_FALSE(rollout_.view().reason.empty());
        EXPECT_EQ(weather_, Weather::wild);
        return;
      default:
        return;
    }
  }

  void the_new_release_serves() {
    int serving = 0;
    for (const auto& [address, instance] : world_.instances()) {
      if (on_dead_host(address)) continue;
      if (instance.release != "new" && !said("could not be stopped"))
        ADD_FAILURE() << address.host << ":" << address.port << " still stands";
      if (instance.release == "new" && (world_.weight(address) > 0 || !spec().steers_traffic)) ++serving;
      EXPECT_TRUE(instance.release == "new" || world_.weight(address) == 0);
    }
    EXPECT_GE(serving, spec().instances - world_.damage() - mistaken_);
    the_journal_says({What::started, What::promoted, What::ended});
    EXPECT_TRUE(world_.split().header.name.empty());
  }

  void the_old_release_serves() {
    int serving = 0;
    for (const auto& [address, instance] : world_.instances()) {
      if (on_dead_host(address)) continue;
      if (!world_.journal().empty() && instance.release != "old")
        ADD_FAILURE() << address.host << ":" << address.port << " still stands";
      if (instance.release == "old" && instance.running && (world_.weight(address) > 0 || !spec().steers_traffic))
        ++serving;
    }
    EXPECT_GE(serving, strength_ - world_.damage() - mistaken_) << "not all are back";
    if (world_.journal().empty()) return;
    EXPECT_EQ(world_.journal().back().what, What::taken_back);
    EXPECT_TRUE(world_.split().header.name.empty());
  }

  void the_journal_says(const std::vector<What>& expected) {
    std::vector<What> whats;
    for (const auto& each : world_.journal()) whats.push_back(each.what);
    EXPECT_EQ(whats, expected);
  }

  void ids_rise(const std::vector<RolloutCommand>& commands) {
    for (const RolloutCommand& command : commands) {
      EXPECT_GT(command.id, last_id_);
      last_id_ = command.id;
    }
  }

  void stored_rollout_is_the_same() {
    auto restored = Rollout::from_json(rollout_.to_json());
    ASSERT_TRUE(restored.ok()) << restored.error().message;
    EXPECT_EQ(*restored, rollout_);
    rollout_ = std::move(*restored);  // and goes on as the one that was never stored, see the replay
  }

  void replaying_the_events_gives_the_same_rollout() {
    Rollout again = setting_.rollout;
    for (size_t i = 0; i < events_.size(); ++i) {
      const auto read = rollout_event_from_json(to_json(events_[i]));
      ASSERT_TRUE(read.ok()) << read.error().message;
      ASSERT_EQ(*read, events_[i]);
      const auto result = again.apply(*read);
      ASSERT_TRUE(result.ok()) << result.error().message;
      ASSERT_EQ(*result, commands_[i]) << "event " << i;
    }
    EXPECT_EQ(again, rollout_);
  }

  Chance chance_;
  Weather weather_;
  testing::RandomSetting setting_;
  Rollout rollout_;
  RolloutWorld world_;
  bool people_ = false;
  bool crashes_ = false;
  int initial_ = 0;   // serve when it begins
  int strength_ = 0;  // of the old release, when it was taken back
  int most_at_first_ = 0;
  int left_ = 0;     // by a dead driver, of all releases
  Instant woke_at_;  // nobody was probed while all slept
  int mistaken_ = 0;
  int64_t last_id_ = 0;
  std::vector<RolloutEvent> events_;
  std::vector<std::vector<RolloutCommand>> commands_;
};

void play_many(Weather weather) {
  // The release build's tests are the full ones; under a sanitizer a sample is enough. Either is longer in a soak.
  const uint64_t usual = std::getenv("PENSTOCK_FULL") != nullptr ? 5'000 : 300;
  const uint64_t runs = std::getenv("PENSTOCK_SOAK") != nullptr ? usual * 6 : usual;
  const char* given = std::getenv("PENSTOCK_SEED");
  const uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  uint64_t events = 0;
  std::vector<int> ends(static_cast<size_t>(RolloutPhase::lost) + 1, 0);
  for (uint64_t seed = first; seed < first + (given != nullptr ? 1 : runs); ++seed) {
    Simulation simulation(seed, weather);
    simulation.play();
    events += simulation.events();
    if (given != nullptr) std::printf("%s\n", simulation.story().c_str());
    ++ends[static_cast<size_t>(simulation.phase())];
    ASSERT_FALSE(::testing::Test::HasFailure()) << "PENSTOCK_SEED=" << seed << "\n" << simulation.story();
  }
  std::printf("rollout: %llu events; %d live, %d taken back, %d failed, %d lost\n",
              static_cast<unsigned long long>(events), ends[static_cast<size_t>(RolloutPhase::live)],
              ends[static_cast<size_t>(RolloutPhase::taken_back)], ends[static_cast<size_t>(RolloutPhase::failed)],
              ends[static_cast<size_t>(RolloutPhase::lost)]);
}

TEST(Simulation, BadReleasesAndPeopleNeverHarmThoseWhoAreServed) { play_many(Weather::calm); }
TEST(Simulation, NeitherDoMachinesThatFailAndDriversThatDie) { play_many(Weather::wild); }

}  // namespace
}  // namespace penstock
