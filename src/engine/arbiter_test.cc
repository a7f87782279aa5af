#include "engine/arbiter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace penstock {
namespace {

using arbiter_event::Announced;
using arbiter_event::ModeChanged;
using arbiter_event::Released;
using arbiter_event::Requested;
using arbiter_event::RunGone;

const std::string kGroup = "production";

Claim claim(int64_t run) { return {run, "deploy"}; }

/// The runs that got the group, in order, when each gives it back at once: `1 3 2`.
std::string order_of(Arbiter& arbiter, const std::vector<ArbiterEvent>& events) {
  std::string order;
  std::vector<Grant> grants;
  const auto apply = [&](const ArbiterEvent& event) {
    for (const Grant& grant : arbiter.apply(event)) {
      grants.push_back(grant);
      order += (order.empty() ? "" : " ") + std::to_string(grant.claim.run);
    }
  };
  for (const ArbiterEvent& event : events) apply(event);
  for (size_t next = 0; next < grants.size(); ++next) apply(Released{grants[next].claim, kGroup});
  return order;
}

/// Run 2 holds the group while 4, 1 and 3 ask for it, in this order.
std::string order_in(QueueMode mode) {
  Arbiter arbiter;
  return order_of(arbiter, {ModeChanged{kGroup, mode}, Requested{claim(2), kGroup}, Requested{claim(4), kGroup},
                            Requested{claim(1), kGroup}, Requested{claim(3), kGroup}});
}

TEST(Arbiter, EachModeHasItsOrder) {
  EXPECT_EQ(order_in(QueueMode::unordered), "2 4 1 3");
  EXPECT_EQ(order_in(QueueMode::oldest_first), "2 1 3 4");
  EXPECT_EQ(order_in(QueueMode::newest_first), "2 4 3 1");
  EXPECT_EQ(order_in(QueueMode::newest_ready_first), "2 4 3 1");
}

TEST(Arbiter, OldestFirstWaitsForAnOlderRunThatWillAsk) {
  Arbiter arbiter;
  arbiter.apply(ModeChanged{kGroup, QueueMode::oldest_first});
  arbiter.apply(Announced{claim(1), kGroup});
  EXPECT_TRUE(arbiter.apply(Requested{claim(2), kGroup}).empty());
  EXPECT_EQ(arbiter.apply(Requested{claim(1), kGroup}), (std::vector<Grant>{{claim(1), kGroup}}));
  EXPECT_EQ(arbiter.apply(Released{claim(1), kGroup}), (std::vector<Grant>{{claim(2), kGroup}}));
}

TEST(Arbiter, NewestFirstWaitsForANewerRunAndNewestReadyFirstDoesNot) {
  for (const auto mode : {QueueMode::newest_first, QueueMode::newest_ready_first}) {
    Arbiter arbiter;
    arbiter.apply(ModeChanged{kGroup, mode});
    arbiter.apply(Announced{claim(9), kGroup});
    EXPECT_EQ(arbiter.apply(Requested{claim(2), kGroup}).empty(), mode == QueueMode::newest_first);
  }
}

TEST(Arbiter, WhoWasWaitedForAndNoLongerWantsItLetsTheNextOneGo) {
  Arbiter arbiter;
  arbiter.apply(ModeChanged{kGroup, QueueMode::oldest_first});
  arbiter.apply(Announced{claim(1), kGroup});
  arbiter.apply(Requested{claim(2), kGroup});
  EXPECT_EQ(arbiter.apply(Released{claim(1), kGroup}).size(), 1U) << "it was skipped";
}

TEST(Arbiter, AChangeOfModeTakesEffectAtOnce) {
  Arbiter arbiter;
  arbiter.apply(ModeChanged{kGroup, QueueMode::oldest_first});
  arbiter.apply(Announced{claim(1), kGroup});
  arbiter.apply(Requested{claim(2), kGroup});
  EXPECT_EQ(arbiter.apply(ModeChanged{kGroup, QueueMode::unordered}), (std::vector<Grant>{{claim(2), kGroup}}));
}

TEST(Arbiter, ARunThatIsGoneGivesBackAllItsGroups) {
  Arbiter arbiter;
  arbiter.apply(Requested{claim(1), "a"});
  arbiter.apply(Requested{claim(1), "b"});
  arbiter.apply(Requested{claim(2), "b"});
  EXPECT_EQ(arbiter.apply(RunGone{1}), (std::vector<Grant>{{claim(2), "b"}}));
  EXPECT_EQ(arbiter.groups().size(), 1U) << "nothing is remembered of a group that nobody uses";
}

TEST(Arbiter, AskingTwiceIsAskingOnce) {
  Arbiter arbiter;
  EXPECT_EQ(arbiter.apply(Requested{claim(1), kGroup}).size(), 1U);
  EXPECT_EQ(arbiter.apply(Requested{claim(1), kGroup}).size(), 1U) << "a holder that asks again is told again";
  arbiter.apply(Requested{claim(2), kGroup});
  arbiter.apply(Requested{claim(2), kGroup});
  arbiter.apply(Announced{claim(2), kGroup});
  EXPECT_EQ(arbiter.groups().at(kGroup).holders.size(), 1U);
  EXPECT_EQ(arbiter.groups().at(kGroup).waiting.size(), 1U);
  EXPECT_TRUE(arbiter.groups().at(kGroup).announced.empty());
}

TEST(Arbiter, AGroupMayHaveRoomForSeveral) {
  Arbiter arbiter = Arbiter::restore({{kGroup, {QueueMode::unordered, {}, {}, {}, 2}}});
  EXPECT_EQ(arbiter.apply(Requested{claim(1), kGroup}).size(), 1U);
  EXPECT_EQ(arbiter.apply(Requested{claim(2), kGroup}).size(), 1U);
  EXPECT_TRUE(arbiter.apply(Requested{claim(3), kGroup}).empty());
}

/// What every claim is, kept beside the arbiter by the simplest means.
class Model {
 public:
  explicit Model(unsigned seed) : random_(seed) {
    groups_ = {{"one", 1}, {"two", 2}};
    std::map<std::string, Arbiter::Group> start;
    for (const auto& [name, capacity] : groups_) start[name].capacity = capacity;
    arbiter_ = Arbiter::restore(std::move(start));
  }

  void step() {
    const std::string group = below(2) ? "one" : "two";
    const Claim some{static_cast<int64_t>(below(4)), below(2) ? "x" : "y"};
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        apply(Requested{some, group});
        break;
      case 4:
      case 5:
      case 6:
      case 7:
        apply(Released{some, group});
        break;
      case 8:
      case 9:
        apply(Announced{some, group});
        break;
      case 10:
        apply(ModeChanged{group, modes_[group] = static_cast<QueueMode>(below(4))});
        break;
      default:
        apply(RunGone{some.run});
    }
  }

 private:
  size_t below(size_t limit) { return random_() % limit; }

  void apply(const ArbiterEvent& event) {
    const auto before = arbiter_.groups();
    const auto grants = arbiter_.apply(event);
    only_whose_turn_it_is_is_granted(before, event, grants);
    at_most_capacity_holders();
    no_claim_is_lost(event, grants);
    nobody_waits_for_nothing();
  }

  Arbiter::Group group(const std::string& name) const {
    const auto found = arbiter_.groups().find(name);
    return found == arbiter_.groups().end() ? Arbiter::Group{} : found->second;
  }

  void at_most_capacity_holders() {
    for (const auto& [name, capacity] : groups_)
      EXPECT_LE(group(name).holders.size(), static_cast<size_t>(capacity)) << name;
  }

  void no_claim_is_lost(const ArbiterEvent& event, const std::vector<Grant>& grants) {
    if (const auto* requested = std::get_if<Requested>(&event)) wanted_.insert({requested->group, requested->claim});
    if (const auto* released = std::get_if<Released>(&event)) wanted_.erase({released->group, released->claim});
    if (const auto* gone = std::get_if<RunGone>(&event))
      std::erase_if(wanted_, [&](const auto& want) { return want.second.run == gone->run; });
    for (const Grant& grant : grants) EXPECT_TRUE(wanted_.contains({grant.group, grant.claim}));
    std::set<std::pair<std::string, Claim>> known;
    for (const auto& [name, state] : arbiter_.groups()) {
      for (const auto* list : {&state.holders, &state.waiting})
        for (const Claim& one : *list) EXPECT_TRUE(known.insert({name, one}).second) << "twice";
    }
    EXPECT_EQ(known, wanted_);
  }

  /// Free room and somebody who waits: only where the mode waits for another run that will ask.
  void nobody_waits_for_nothing() {
    for (const auto& [name, capacity] : groups_) {
      const Arbiter::Group state = group(name);
      if (state.waiting.empty() || state.holders.size() >= static_cast<size_t>(capacity)) continue;
      const bool waits_for_older = state.mode == QueueMode::oldest_first;
      EXPECT_TRUE(waits_for_older || state.mode == QueueMode::newest_first) << name;
      const bool awaited = std::any_of(state.announced.begin(), state.announced.end(), [&](const Claim& announced) {
        return std::all_of(state.waiting.begin(), state.waiting.end(), [&](const Claim& waiting) {
          return waits_for_older ? announced.run < waiting.run : announced.run > waiting.run;
        });
      });
      EXPECT_TRUE(awaited) << name;
    }
  }

  void only_whose_turn_it_is_is_granted(const std::map<std::string, Arbiter::Group>& before, const ArbiterEvent& event,
                                        const std::vector<Grant>& grants) {
    for (const Grant& grant : grants) {
      const auto found = before.find(grant.group);
      if (found == before.end() || std::count(found->second.holders.begin(), found->second.holders.end(), grant.claim))
        continue;
      if (std::holds_alternative<RunGone>(event) || grants.size() > 1) continue;
      for (const Claim& other : group(grant.group).waiting) {
        if (modes_[grant.group] == QueueMode::oldest_first) {
          EXPECT_LE(grant.claim.run, other.run);
        }
        const bool newest =
            modes_[grant.group] == QueueMode::newest_first || modes_[grant.group] == QueueMode::newest_ready_first;
        if (newest) {
          EXPECT_GE(grant.claim.run, other.run);
        }
      }
    }
  }

  std::minstd_rand random_;
  std::map<std::string, int> groups_;
  std::map<std::string, QueueMode> modes_;
  std::set<std::pair<std::string, Claim>> wanted_;
  Arbiter arbiter_;
};

TEST(Arbiter, KeepsItsPromisesWhateverIsAsked) {
  const unsigned rounds = std::getenv("PENSTOCK_SOAK") ? 100'000 : 300;
  for (unsigned seed = 1; seed <= rounds; ++seed) {
    Model model(seed);
    for (int step = 0; step < 100; ++step) model.step();
    ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace penstock
