#include "cli/resource_waits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock {
namespace {

using arbiter_event::Announced;
using arbiter_event::ModeChanged;
using arbiter_event::Requested;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// In each run `second` comes after `first`.
bool by_order(int64_t, const std::string& job, const std::string& other) { return job == "second" && other == "first"; }

TEST(ResourceWaits, TellWhoHoldsTheGroup) {
  Arbiter arbiter;
  arbiter.apply(Requested{{1, "deploy"}, "prod"});
  arbiter.apply(Requested{{2, "deploy"}, "prod"});
  const auto waits = resource_waits(arbiter.groups(), by_order);
  ASSERT_EQ(waits.size(), 1U);
  EXPECT_EQ(waits[0].claim, (Claim{2, "deploy"}));
  EXPECT_THAT(in_words(waits[0]), ElementsAre("`prod` is held by `deploy` of run 1"));
  EXPECT_EQ(in_short(waits[0]), "after run 1");
}

TEST(ResourceWaits, TellWhoseTurnComesFirst) {
  Arbiter arbiter;
  arbiter.apply(ModeChanged{"prod", QueueMode::oldest_first});
  arbiter.apply(Announced{{1, "second"}, "prod"});
  arbiter.apply(Requested{{2, "second"}, "prod"});
  const auto waits = resource_waits(arbiter.groups(), by_order);
  ASSERT_EQ(waits.size(), 1U);
  EXPECT_THAT(in_words(waits[0]),
              ElementsAre("the turn is `second` of run 1's, which waits for earlier jobs of its run"));
  EXPECT_THAT(waits[0].deadlock, IsEmpty());
}

TEST(ResourceWaits, FindAChildThatWaitsForWhatItsParentHolds) {
  Arbiter arbiter;
  arbiter.apply(Requested{{1, "trigger"}, "prod"});
  arbiter.apply(Requested{{2, "deploy"}, "prod"});
  const auto waits = resource_waits(arbiter.groups(), by_order,
                                    [](const Claim& holder, int64_t run) { return holder.run == 1 && run == 2; });
  ASSERT_EQ(waits.size(), 1U);
  EXPECT_THAT(in_words(waits[0]),
              ElementsAre("`prod` is held by `trigger` of run 1",
                          "deadlock: `deploy` of run 2 waits for `trigger` of run 1 waits for `deploy` of run 2",
                          "end one of them: ci cancel --run 2; then take `resource_group` from one of the two"));
  EXPECT_EQ(in_short(waits[0]), "deadlock with run 1");
}

/// Run 1 is first in `a` with its second job, run 2 in `b` with its; the first jobs wait for the other group each.
Arbiter crossed() {
  Arbiter arbiter;
  arbiter.apply(ModeChanged{"a", QueueMode::oldest_first});
  arbiter.apply(ModeChanged{"b", QueueMode::newest_first});
  arbiter.apply(Announced{{1, "second"}, "a"});
  arbiter.apply(Announced{{2, "second"}, "b"});
  arbiter.apply(Requested{{2, "first"}, "a"});
  arbiter.apply(Requested{{1, "first"}, "b"});
  return arbiter;
}

TEST(ResourceWaits, FindACircle) {
  const auto waits = resource_waits(crossed().groups(), by_order);
  ASSERT_EQ(waits.size(), 2U);
  EXPECT_THAT(waits[0].deadlock, ElementsAre(Claim{2, "first"}, Claim{1, "first"}));
  EXPECT_THAT(in_words(waits[0]),
              ElementsAre("the turn is `second` of run 1's, which waits for earlier jobs of its run",
                          "deadlock: `first` of run 2 waits for `first` of run 1 waits for `first` of run 2",
                          "end one of them: ci cancel --run 2"));
  EXPECT_EQ(in_short(waits[0]), "deadlock with run 1");
  EXPECT_EQ(in_short(waits[1]), "deadlock with run 2");
}

TEST(ResourceWaits, SeeNoCircleWhereTheAnnouncedJobWaitsForAnother) {
  const auto waits =
      resource_waits(crossed().groups(), [](int64_t run, const std::string&, const std::string&) { return run == 1; });
  for (const ResourceWait& wait : waits) EXPECT_THAT(wait.deadlock, IsEmpty());
}

}  // namespace
}  // namespace penstock
