#include "rollout/release_group.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace penstock {
namespace {

using Command = ReleaseGroup::Command;
using Standing = ReleaseGroup::Standing;
using What = Command::What;

ReleaseGroup shop(bool take_back) {
  auto group = ReleaseGroup::create({{"web", {"api"}}, {"api", {"accounts", "stock"}}, {"accounts", {}}, {"stock", {}}},
                                    take_back);
  EXPECT_TRUE(group.ok());
  return *group;
}

TEST(ReleaseGroup, BeginsEachServiceWhenThoseItNeedsAreLive) {
  ReleaseGroup group = shop(true);
  EXPECT_EQ(group.begin(), (std::vector<Command>{{What::begin, "accounts"}, {What::begin, "stock"}}));
  EXPECT_TRUE(group.ended("stock", RolloutPhase::live).empty());
  EXPECT_EQ(group.ended("accounts", RolloutPhase::live), (std::vector<Command>{{What::begin, "api"}}));
  EXPECT_EQ(group.ended("api", RolloutPhase::live), (std::vector<Command>{{What::begin, "web"}}));
  EXPECT_FALSE(group.has_ended());
  EXPECT_TRUE(group.ended("web", RolloutPhase::live).empty());
  EXPECT_TRUE(group.has_ended());
  EXPECT_TRUE(group.is_live());
}

TEST(ReleaseGroup, TakesThoseThatAreLiveBackTheLastOneFirst) {
  ReleaseGroup group = shop(true);
  group.begin();
  group.ended("stock", RolloutPhase::live);
  group.ended("accounts", RolloutPhase::live);
  group.ended("api", RolloutPhase::live);
  EXPECT_EQ(group.ended("web", RolloutPhase::taken_back), (std::vector<Command>{{What::roll_back, "api"}}));
  EXPECT_EQ(group.ended("api", RolloutPhase::live),
            (std::vector<Command>{{What::roll_back, "accounts"}, {What::roll_back, "stock"}}));
  group.ended("accounts", RolloutPhase::live);
  group.ended("stock", RolloutPhase::failed);
  EXPECT_TRUE(group.has_ended());
  EXPECT_EQ(group.standing("accounts"), Standing::returned);
  EXPECT_EQ(group.standing("stock"), Standing::failed);
}

TEST(ReleaseGroup, AbortsWhatIsUnderWayAndSkipsTheRestWhenOneFails) {
  ReleaseGroup group = shop(false);
  group.begin();
  EXPECT_EQ(group.ended("stock", RolloutPhase::failed), (std::vector<Command>{{What::abort, "accounts"}}));
  EXPECT_EQ(group.standing("web"), Standing::skipped);
  EXPECT_TRUE(group.ended("accounts", RolloutPhase::live).empty());  // it was live before it heard of it
  EXPECT_TRUE(group.has_ended());
  EXPECT_EQ(group.standing("accounts"), Standing::live);
  EXPECT_FALSE(group.is_live());
}

TEST(ReleaseGroup, ReadsBackTheSameAndTellsANewDriverWhatIsUnderWay) {
  ReleaseGroup group = shop(true);
  group.begin();
  group.ended("stock", RolloutPhase::live);
  const auto read = ReleaseGroup::from_json(group.to_json());
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, group);
  EXPECT_EQ(read->outstanding(), (std::vector<Command>{{What::begin, "accounts"}}));
  EXPECT_FALSE(ReleaseGroup::from_json(R"({"members": [{"name": "a"}], "standings": [], "format": 1})").ok());
}

TEST(ReleaseGroup, TheOppositeOrderBeginsWithThoseThatNobodyCameAfter) {
  auto group = ReleaseGroup::create(in_opposite_order(shop(true).members()), true);
  ASSERT_TRUE(group.ok());
  EXPECT_EQ(group->begin(), (std::vector<Command>{{What::begin, "web"}}));
  EXPECT_EQ(group->ended("web", RolloutPhase::live), (std::vector<Command>{{What::begin, "api"}}));
  EXPECT_EQ(group->ended("api", RolloutPhase::live),
            (std::vector<Command>{{What::begin, "stock"}, {What::begin, "accounts"}}));
}

TEST(ReleaseGroup, RefusesCirclesAndUnknownNames) {
  const auto circle = ReleaseGroup::create({{"a", {"b"}}, {"b", {"a"}}, {"c", {}}}, true);
  EXPECT_EQ(circle.error().message, "these services wait for each other: `a`, `b`");
  EXPECT_EQ(ReleaseGroup::create({{"a", {"x"}}}, true).error().message, "`a` needs `x`, which is not in the release");
  EXPECT_FALSE(ReleaseGroup::create({{"a", {}}, {"a", {}}}, true).ok());
}

}  // namespace
}  // namespace penstock
