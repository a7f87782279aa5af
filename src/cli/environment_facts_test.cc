#include "cli/environment_facts.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

const Instant kNow{std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + std::chrono::hours(12)};

JournalEntry entry(const std::string& name) {
  JournalEntry entry;
  entry.name = name;
  entry.at = kNow - std::chrono::minutes(12);
  return entry;
}

RolloutRecord rollout() {
  RolloutRecord record;
  record.facts.release_name = "app-2.9.0";
  record.summary.step = "step 2 of 5: 25%";
  return record;
}

TEST(EnvironmentNote, IsEmptyWhereThereIsNothingToSay) { EXPECT_EQ(note_of(EnvironmentFacts{}, kNow), ""); }

TEST(EnvironmentNote, SaysWhatIsUnderWayAndWhatHoldsItUp) {
  EnvironmentFacts facts;
  facts.under_way = rollout();
  EXPECT_EQ(note_of(facts, kNow), "under way: app-2.9.0, step 2 of 5: 25%");
  facts.under_way->summary.waits_for = "approval (1 of 2)";
  EXPECT_EQ(note_of(facts, kNow), "app-2.9.0 waits for approval (1 of 2)");
}

RolloutRecord rollout(int64_t id, bool begun, bool ended) {
  RolloutRecord record;
  record.id = id;
  if (begun) record.summary.began_at = kNow;
  record.summary.ended = ended;
  return record;
}

TEST(UnderWay, IsWhatHasBegunHoweverManyWaitBehindIt) {
  EXPECT_EQ(under_way_of({}), nullptr);
  const std::vector<RolloutRecord> none = {rollout(2, false, true), rollout(1, true, true)};
  EXPECT_EQ(under_way_of(none), nullptr);
  const std::vector<RolloutRecord> canary = {rollout(4, false, false), rollout(3, false, false),
                                             rollout(2, true, false), rollout(1, true, true)};
  EXPECT_EQ(under_way_of(canary)->id, 2);
  const std::vector<RolloutRecord> line = {rollout(4, false, false), rollout(3, false, false), rollout(1, true, true)};
  EXPECT_EQ(under_way_of(line)->id, 4);
}

TEST(Approvals, AreThoseOfTheDeploymentThatIsLive) {
  using What = JournalEntry::What;
  std::vector<JournalEntry> entries;
  const auto add = [&](What what, const std::string& release, const std::string& who) {
    JournalEntry one = entry("app");
    one.what = what;
    one.release = release;
    one.by.name = who;
    entries.push_back(one);
  };
  add(What::approved, "1", "ann");
  add(What::approved, "2", "ben");
  add(What::promoted, "1", "zoe");
  EXPECT_EQ(approvals_of_live(entries).at(0).by.name, "ann");
  add(What::taken_back, "2", "zoe");
  add(What::approved, "2", "carla");
  add(What::promoted, "2", "zoe");
  ASSERT_EQ(approvals_of_live(entries).size(), 1U) << "ben's was for the one that was taken back";
  EXPECT_EQ(approvals_of_live(entries).at(0).by.name, "carla");
  add(What::rolled_back, "1", "zoe");
  EXPECT_TRUE(approvals_of_live(entries).empty());
}

TEST(EnvironmentNote, SaysSinceWhenNobodyWatches) {
  EnvironmentFacts facts;
  facts.under_way = rollout();
  EXPECT_EQ(note_of(facts, kNow).find("unwatched"), std::string::npos);
  facts.unwatched_since = kNow;
  EXPECT_NE(note_of(facts, kNow).find("; unwatched since "), std::string::npos);
}

TEST(EnvironmentNote, NamesWhatAnotherCloneHasBegun) {
  EnvironmentFacts facts;
  facts.elsewhere = JournalEntry();
  facts.elsewhere->name = "app-2.9.0";
  facts.elsewhere->by.name = "ben";
  EXPECT_EQ(note_of(facts, kNow).find("under way elsewhere: app-2.9.0 of ben, since "), 0U);
}

TEST(EnvironmentNote, NamesPinFreezeAndIncident) {
  EnvironmentFacts facts;
  facts.state.pin = entry("app-2.7.3");
  facts.freeze = ActiveFreeze{"weekend", std::nullopt};
  facts.state.incidents = {entry("")};
  EXPECT_EQ(note_of(facts, kNow), "pinned to app-2.7.3; frozen (weekend); incident since 12m ago");
}

}  // namespace
}  // namespace penstock
