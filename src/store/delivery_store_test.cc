#include "store/delivery_store.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "store/sqlite_store.h"

namespace penstock {
namespace {

const Instant kNoon{Duration(1'795'000'000'000)};

/// A store in a folder of the test's own.
class DeliveryStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("delivery_store_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    open();
  }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  void open() {
    auto opened = open_sqlite_store(folder_ / "state.db");
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = std::move(*opened);
  }

  static RolloutFacts facts(const std::string& environment) {
    RolloutFacts facts;
    facts.environment = environment;
    facts.release = "aa11";
    facts.release_name = "app-2.8.0";
    facts.from = "bb22";
    facts.who = {"Ana", "ana@example.org", false};
    facts.message = "a \"quoted\" one";
    facts.secret_versions = {{"TOKEN", 4}};
    facts.configuration = R"({"name":"production"})";
    return facts;
  }
  static Release release(const std::string& version, int minutes) {
    Release release;
    release.name = "app-" + version;
    release.version = version;
    release.run = minutes;
    release.built_at = kNoon + std::chrono::minutes(minutes);
    release.artifacts = {{"app-" + version + "-py3-none-any.whl", sha256(version), 12}};
    release.id = release_id(release.commit, release.artifacts);
    return release;
  }

  std::filesystem::path folder_;
  std::unique_ptr<SqliteStore> store_;
};

TEST_F(DeliveryStoreTest, KeepsARolloutWithEachOfItsSteps) {
  const auto created = store_->create_rollout(facts("production"), {}, kNoon);
  ASSERT_TRUE(created.ok()) << created.error().message;
  EXPECT_EQ(created->record.id, 1);
  RolloutTransition step;
  step.rollout = 1;
  step.at = kNoon;
  step.events = {R"({"a":1})"};
  step.lines = {"web-1 gets app-2.8.0", "step 1 of 2"};
  step.analyses = {R"({"verdict":"pass"})"};
  step.state = "STATE";
  step.summary.phase = "rolling_out";
  step.summary.began_at = kNoon;
  ASSERT_TRUE(store_->commit_rollout(step).ok());

  store_.reset();
  open();
  const auto loaded = store_->load_rollout(1);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(loaded->record.facts, facts("production"));
  EXPECT_EQ(loaded->record.version, 1);
  EXPECT_EQ(loaded->record.summary, step.summary);
  EXPECT_EQ(loaded->state, "STATE");
  const auto lines = store_->lines(1);
  ASSERT_TRUE(lines.ok());
  ASSERT_EQ(lines->size(), 2U);
  EXPECT_EQ(lines->back().text, "step 1 of 2");
  EXPECT_EQ(store_->analyses(1)->front(), step.analyses.front());
}

TEST_F(DeliveryStoreTest, RefusesAStepThatFollowsAnOlderState) {
  ASSERT_TRUE(store_->create_rollout(facts("staging"), {}, kNoon).ok());
  RolloutTransition step;
  step.rollout = 1;
  ASSERT_TRUE(store_->commit_rollout(step).ok());
  step.lines = {"never to be seen"};
  const auto again = store_->commit_rollout(step);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().fault, Fault::internal);
  EXPECT_TRUE(store_->lines(1)->empty());
}

TEST_F(DeliveryStoreTest, ListsWhatIsOpenAndWhatEnvironmentsHadNewestFirst) {
  for (const char* environment : {"staging", "production", "staging"}) {
    ASSERT_TRUE(store_->create_rollout(facts(environment), {}, kNoon).ok());
  }
  RolloutTransition end;
  end.rollout = 1;
  end.summary.ended = true;
  ASSERT_TRUE(store_->commit_rollout(end).ok());
  const auto open = store_->open_rollouts();
  ASSERT_EQ(open->size(), 2U);
  EXPECT_EQ(open->front().id, 2);
  const auto staging = store_->rollouts("staging", 10);
  ASSERT_EQ(staging->size(), 2U);
  EXPECT_EQ(staging->front().id, 3);
  EXPECT_EQ(store_->rollouts("", 2)->size(), 2U);
  EXPECT_FALSE(store_->load_rollout(9).ok());
}

TEST_F(DeliveryStoreTest, ListsWhoKeepsOldInstancesUnlessAnotherHasBegunSince) {
  for (const char* environment : {"staging", "production", "staging"}) {
    ASSERT_TRUE(store_->create_rollout(facts(environment), {}, kNoon).ok());
  }
  RolloutTransition end;
  end.summary.ended = true;
  end.summary.due_at = kNoon;
  end.state = "{}";
  for (end.rollout = 1; end.rollout <= 2; ++end.rollout) ASSERT_TRUE(store_->commit_rollout(end).ok());
  ASSERT_EQ(store_->kept_rollouts()->size(), 2U) << "the third has not begun";
  EXPECT_EQ(store_->kept_rollouts()->front().summary.due_at, kNoon);
  EXPECT_EQ(store_->open_rollouts()->size(), 1U);
  RolloutTransition begin;
  begin.rollout = 3;
  begin.state = "{}";
  ASSERT_TRUE(store_->commit_rollout(begin).ok());
  ASSERT_EQ(store_->kept_rollouts()->size(), 1U);
  EXPECT_EQ(store_->kept_rollouts()->front().id, 2);
}

TEST_F(DeliveryStoreTest, KeepsWhatAPersonWantsUntilTheDriverTookIt) {
  ASSERT_TRUE(store_->create_rollout(facts("staging"), {}, kNoon).ok());
  const rollout_event::Steered wish{rollout_event::Steered::What::abort, {"Ben", "b@x", true}, "errors"};
  ASSERT_TRUE(store_->post_steering(1, wish).ok());
  const auto posted = store_->steering(1);
  ASSERT_EQ(posted->size(), 1U);
  EXPECT_EQ(posted->front().steered, wish);
  RolloutTransition step;
  step.rollout = 1;
  step.inbox_taken = {posted->front().id};
  ASSERT_TRUE(store_->commit_rollout(step).ok());
  EXPECT_TRUE(store_->steering(1)->empty());
}

TEST_F(DeliveryStoreTest, FindsReleasesByIdNameAndVersion) {
  const Release older = release("2.7.0", 1);
  const Release newer = release("2.8.0", 2);
  ASSERT_TRUE(store_->keep_release(older).ok());
  ASSERT_TRUE(store_->keep_release(newer).ok());
  ASSERT_EQ(store_->releases(10)->size(), 2U);
  EXPECT_EQ(store_->releases(1)->front(), newer) << "the newest first";
  EXPECT_EQ(store_->find_releases(older.id.substr(0, 12))->front(), older);
  EXPECT_EQ(store_->find_releases(newer.id)->front(), newer);
  EXPECT_EQ(store_->find_releases("app-2.8.0")->front(), newer);
  EXPECT_EQ(store_->find_releases("2.7.0")->front(), older);
  EXPECT_TRUE(store_->find_releases("2.7")->empty());
  EXPECT_EQ(store_->releases_of_run(2)->front(), newer);
  EXPECT_EQ(**store_->release(older.id), older);
  EXPECT_FALSE(store_->release(older.id.substr(0, 12))->has_value()) << "only whole ids";
}

TEST_F(DeliveryStoreTest, CachesJournalsAsTheyStandAtTheTargets) {
  JournalEntry entry;
  entry.what = JournalEntry::What::promoted;
  entry.number = 1;
  entry.at = kNoon;
  JournalEntry later = entry;
  later.number = 2;
  later.at = kNoon + std::chrono::hours(1);
  ASSERT_TRUE(store_->keep_entries("staging", {entry, later}).ok());
  ASSERT_TRUE(store_->keep_entries("staging", {later}).ok()) << "reading again is harmless";
  EXPECT_EQ(*store_->last_entry("staging"), 2);
  EXPECT_EQ(*store_->last_entry("production"), 0);
  EXPECT_EQ(store_->entries("staging", 10)->front().number, 2);
  const auto since = store_->entries_since("", kNoon + std::chrono::minutes(1));
  ASSERT_EQ(since->size(), 1U);
  EXPECT_EQ(since->front().first, "staging");
  ASSERT_TRUE(store_->drop_entries("staging").ok());
  EXPECT_EQ(*store_->last_entry("staging"), 0);
}

TEST_F(DeliveryStoreTest, GivesJournalsPieceByPiece) {
  JournalEntry entry;
  std::vector<JournalEntry> entries;
  for (entry.number = 1; entry.number <= 5; ++entry.number) {
    entry.what = entry.number % 2 == 0 ? JournalEntry::What::incident_opened : JournalEntry::What::promoted;
    entry.message = R"(says "what":"incident_opened")";
    entries.push_back(entry);
  }
  for (const char* name : {"staging", "production", "review/1"}) ASSERT_TRUE(store_->keep_entries(name, entries).ok());
  EXPECT_EQ(*store_->journals(), (std::vector<std::string>{"production", "review/1", "staging"}));
  EXPECT_EQ(**store_->entry("staging", 2), entries[1]);
  EXPECT_FALSE(store_->entry("staging", 6)->has_value());
  EXPECT_EQ(*store_->entries_after("staging", 3, 9), (std::vector<JournalEntry>{entries[3], entries[4]}));
  EXPECT_EQ(*store_->entries_after("staging", 0, 1), std::vector<JournalEntry>{entries[0]});
  EXPECT_EQ(store_->incident_entries("")->size(), 6U);
  const auto incidents = store_->incident_entries("review/1");
  ASSERT_EQ(incidents->size(), 2U);
  EXPECT_EQ(incidents->front(), std::make_pair(std::string("review/1"), entries[1]));
}

TEST_F(DeliveryStoreTest, KeepsMeasuresUnlessAnotherWasQuicker) {
  const std::vector<std::string> first = {std::string("a\0b", 3), "one", "two"};
  EXPECT_TRUE(*store_->keep_measures("staging", {}, first));
  EXPECT_EQ(*store_->measures("staging"), first);
  EXPECT_TRUE(store_->measures("production")->empty());
  EXPECT_FALSE(*store_->keep_measures("staging", {"b", "one", "two"}, {"c"}));
  EXPECT_FALSE(*store_->keep_measures("staging", {}, {"c"}));
  EXPECT_EQ(*store_->measures("staging"), first);
  EXPECT_TRUE(*store_->keep_measures("staging", first, {"d", "one"}));
  EXPECT_EQ(*store_->measures("staging"), (std::vector<std::string>{"d", "one"}));
}

}  // namespace
}  // namespace penstock
