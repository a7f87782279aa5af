#include "deployments/deployments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deployments/testing/clone.h"
#include "rollout/environment_state.h"

namespace penstock {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using How = DeploymentEnd::How;
using What = JournalEntry::What;

class DeploymentsTest : public ::testing::Test {
 protected:
  DeploymentsTest() : here_(world_, "here"), there_(world_, "there") {}

  std::vector<What> journal() {
    std::vector<What> whats;
    for (const JournalEntry& entry : world_.journal()) whats.push_back(entry.what);
    return whats;
  }
  std::string live() {
    const EnvironmentState state = environment_state(world_.journal());
    return state.live ? state.live->name : "";
  }
  void append(What what, const std::string& number, const std::string& by = "ben") {
    JournalEntry entry;
    entry.what = what;
    entry.release = testing::Clone::release(number).id;
    entry.name = "app-" + number;
    entry.by = {by, by + "@example.org", false};
    ASSERT_TRUE(world_.ledger()->append(entry, 0).ok());
  }
  std::string id(const std::string& number) { return testing::Clone::release(number).id; }
  /// Begins the rollout of a release here and leaves it as soon as it has touched something.
  int64_t leave_in_the_middle(const std::string& number) {
    here_.on_change = [&](const RolloutRecord&, const RolloutView& view) {
      if (view.phase == RolloutPhase::rolling_out) here_.deployments->leave();
    };
    const int64_t rollout = *here_.request(number);
    const auto end = here_.drive(rollout);
    EXPECT_EQ(end->how, How::left) << end->summary.phase;
    here_.on_change = nullptr;
    return rollout;
  }

  testing::Sites world_;
  testing::Clone here_;
  testing::Clone there_;
};

TEST_F(DeploymentsTest, BringsAReleaseToLive) {
  const RolloutSummary summary = here_.deploy("1");
  EXPECT_TRUE(summary.succeeded) << summary.reason;
  EXPECT_THAT(world_.sites["production"].serving(), ElementsAre(id("1")));
  EXPECT_THAT(journal(), ElementsAre(What::started, What::promoted));
  EXPECT_TRUE(world_.ledger()->manifest(id("1"))->has_value()) << "so that another clone can take it from there";
}

TEST_F(DeploymentsTest, KnowsWhatIsLiveAndHasLetGoWhenARolloutCountsAsEnded) {
  int ends = 0;
  here_.on_change = [&](const RolloutRecord& record, const RolloutView&) {
    if (!record.summary.ended) return;
    ++ends;
    EXPECT_EQ(environment_state(*here_.store->entries("production", 1)).live->name, "app-1");
    EXPECT_EQ(*world_.ledger()->holder(), std::nullopt);
  };
  EXPECT_TRUE(here_.deploy("1").succeeded);
  EXPECT_EQ(ends, 1);
}

TEST_F(DeploymentsTest, WritesItsOwnLinesThoughAnotherCloneHasItsNumber) {
  ASSERT_TRUE(here_.deploy("1").succeeded);
  ASSERT_TRUE(there_.deploy("2").succeeded);
  EXPECT_EQ(here_.store->rollouts("", 9)->front().id, there_.store->rollouts("", 9)->front().id);
  EXPECT_THAT(journal(), ElementsAre(What::started, What::promoted, What::started, What::promoted));
  EXPECT_EQ(live(), "app-2");
}

TEST_F(DeploymentsTest, AsksTheGateAgainWhereSomebodyWasQuickerToTheLease) {
  ASSERT_TRUE(here_.deploy("1").succeeded);
  here_.on_ask = [&] { EXPECT_TRUE(there_.deploy("3").succeeded); };
  const RolloutSummary summary = here_.deploy("2");
  EXPECT_EQ(summary.phase, "refused");
  EXPECT_THAT(summary.reason, HasSubstr("app-2 is older than what is live (app-3)"));
  EXPECT_EQ(live(), "app-3");
}

TEST_F(DeploymentsTest, KeepsWhenAReleaseWasBuiltFirst) {
  const auto at = [this](Duration after) {
    return here_.request("1", testing::Clone::environment(),
                         [&](DeploymentRequest& request) { request.release.built_at = Instant() + after; });
  };
  ASSERT_TRUE(at(std::chrono::hours(5)).ok());
  ASSERT_TRUE(at(std::chrono::hours(7)).ok()) << "another run built the same";
  EXPECT_EQ(here_.store->releases(1)->front().built_at, Instant() + std::chrono::hours(5));
}

TEST_F(DeploymentsTest, RefusesAnOlderCommitUnlessItIsMeant) {
  ASSERT_TRUE(here_.deploy("2").succeeded);
  EXPECT_EQ(here_.deploy("1").phase, "refused");
  EXPECT_TRUE(here_.deploy("1", testing::Clone::environment(), [](auto& request) { request.force = true; }).succeeded);
  ASSERT_TRUE(here_.deploy("2").succeeded);
  const auto back = [](DeploymentRequest& request) { request.kind = RolloutFacts::Kind::rollback; };
  EXPECT_TRUE(here_.deploy("1", testing::Clone::environment(), back).succeeded);
}

TEST_F(DeploymentsTest, APinHoldsUntilItIsTakenAway) {
  ASSERT_TRUE(here_.deploy("1").succeeded);
  append(What::pinned, "1");
  const RolloutSummary refused = there_.deploy("2");
  EXPECT_EQ(refused.phase, "refused");
  EXPECT_THAT(refused.reason, HasSubstr("pinned to app-1 by ben"));
  append(What::unpinned, "1");
  EXPECT_TRUE(there_.deploy("2").succeeded);
}

TEST_F(DeploymentsTest, WhatFailsBeforeItBeganEndsAndHoldsNobodyUp) {
  here_.broken_target = true;
  const int64_t rollout = *here_.request("1");
  const auto end = here_.drive(rollout);
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(here_.summary(rollout).phase, "failed");
  EXPECT_EQ(here_.summary(rollout).reason, "no value for the secret `TOKEN`");
  EXPECT_THAT(*here_.store->open_rollouts(), IsEmpty());
}

TEST_F(DeploymentsTest, GoesOnWithARolloutThatWasLeftInTheMiddle) {
  ASSERT_TRUE(here_.deploy("1").succeeded);
  const int64_t rollout = leave_in_the_middle("2");
  EXPECT_FALSE(here_.summary(rollout).ended);
  EXPECT_TRUE(here_.drive(rollout)->summary.succeeded);
  EXPECT_THAT(world_.sites["production"].serving(), ElementsAre(id("2")));
  EXPECT_EQ(journal().size(), 4U) << "no line twice";
}

TEST_F(DeploymentsTest, KeepsWhereItStoodWhileAnotherMachineHoldsTheEnvironment) {
  ASSERT_TRUE(here_.deploy("1").succeeded);
  const int64_t rollout = leave_in_the_middle("2");
  const std::string state = here_.store->load_rollout(rollout)->state;
  const auto ledger = world_.ledger();
  const auto taken = ledger->take({"ben on desk", "app-3", "token-ben", {}, 0}, std::chrono::hours(1));
  const auto end = here_.drive(rollout);
  EXPECT_EQ(end->how, How::parked);
  EXPECT_EQ(end->summary.waits_for, "ben on desk to let production go");
  EXPECT_EQ(here_.store->load_rollout(rollout)->state, state);
  ASSERT_TRUE(ledger->let_go(taken->holder).ok());
  EXPECT_TRUE(here_.drive(rollout)->summary.succeeded);
}

TEST_F(DeploymentsTest, TouchesNothingWhereAnotherRolloutBeganSinceItWasLeft) {
  ASSERT_TRUE(here_.deploy("1").succeeded);
  const int64_t rollout = leave_in_the_middle("2");
  ASSERT_TRUE(there_.deploy("3").succeeded);
  const auto end = here_.drive(rollout);
  EXPECT_EQ(end->how, How::ended);
  EXPECT_EQ(end->summary.phase, "lost");
  EXPECT_TRUE(end->summary.ended);
  EXPECT_THAT(end->summary.reason, HasSubstr("ana (app-3)"));
  EXPECT_THAT(world_.sites["production"].serving(), ElementsAre(id("3")));
  EXPECT_EQ(live(), "app-3");
}

TEST_F(DeploymentsTest, IsLeftAtOnceWhereThatIsAskedForBeforeItsDriverIs) {
  ASSERT_TRUE(here_.deploy("1").succeeded);
  here_.on_ask = [&] { here_.deployments->leave(); };
  const auto end = here_.drive(*here_.request("2"), true);
  EXPECT_EQ(end->how, How::left);
  EXPECT_THAT(world_.sites["production"].serving(), ElementsAre(id("1")));
}

TEST_F(DeploymentsTest, ReadsOfAJournalOnlyWhatIsNew) {
  for (const char* number : {"1", "2", "3"}) append(What::promoted, number);
  const auto ledger = world_.ledger();
  const size_t& read = world_.sites["production"].read;
  EXPECT_EQ(here_.deployments->refresh("production", *ledger)->size(), 3U);
  EXPECT_EQ(read, 3U);
  append(What::promoted, "4");
  EXPECT_EQ(here_.deployments->refresh("production", *ledger)->size(), 4U);
  EXPECT_EQ(read, 5U) << "the new one, and the last known one to compare";
  EXPECT_EQ(here_.store->entries("production", 9)->size(), 4U) << "the cache has it";
}

TEST_F(DeploymentsTest, ForgetsTheJournalOfATargetThatWasMadeAnew) {
  append(What::promoted, "1");
  append(What::promoted, "2");
  auto ledger = world_.ledger();
  ASSERT_EQ(here_.deployments->refresh("production", *ledger)->size(), 2U);
  world_.sites["production"].journal.clear();
  append(What::promoted, "3");
  const auto journal = here_.deployments->refresh("production", *ledger);
  ASSERT_EQ(journal->size(), 1U);
  EXPECT_EQ(journal->front().name, "app-3");
  EXPECT_EQ(here_.store->entries("production", 9)->size(), 1U);
}

TEST_F(DeploymentsTest, StopsTheOldColourWhenItHasStoodLongEnough) {
  EnvironmentSpec spec = testing::Clone::environment();
  spec.rollout.strategy = strategy::BlueGreen{false, false, std::chrono::seconds(2)};
  spec.rollout.steers_traffic = true;
  ASSERT_TRUE(here_.deploy("1", spec).succeeded);
  const int64_t rollout = *here_.request("2", spec);
  ASSERT_EQ(here_.drive(rollout)->how, How::ended);
  const std::optional<Instant> until = here_.summary(rollout).due_at;
  ASSERT_TRUE(until);
  EXPECT_EQ(here_.store->kept_rollouts()->size(), 1U);
  while (here_.clock.now() < *until) here_.waiter.wait(*until);
  const auto end = here_.drive(rollout);
  ASSERT_TRUE(end.ok()) << end.error().message;
  EXPECT_EQ(end->how, How::ended);
  EXPECT_TRUE(end->summary.succeeded);
  EXPECT_THAT(world_.sites["production"].serving(), ElementsAre(id("2")));
  EXPECT_THAT(*here_.store->kept_rollouts(), IsEmpty());
  EXPECT_THAT(journal(), ElementsAre(What::started, What::promoted, What::started, What::promoted));
}

TEST_F(DeploymentsTest, LeavesTheOldColourToWhoBeganSince) {
  EnvironmentSpec spec = testing::Clone::environment();
  spec.rollout.strategy = strategy::BlueGreen{false, false, Duration(0)};
  spec.rollout.steers_traffic = true;
  ASSERT_TRUE(here_.deploy("1", spec).succeeded);
  spec.rollout.strategy = strategy::BlueGreen{false, false, std::chrono::seconds(2)};
  const int64_t rollout = *here_.request("2", spec);
  ASSERT_EQ(here_.drive(rollout)->how, How::ended);
  const Instant until = here_.summary(rollout).due_at.value();
  append(What::started, "3");
  while (here_.clock.now() < until) here_.waiter.wait(until);
  EXPECT_EQ(here_.drive(rollout)->how, How::ended);
  EXPECT_EQ(world_.sites["production"].serving().size(), 2U) << "what stands is the other one's";
  EXPECT_THAT(*here_.store->kept_rollouts(), IsEmpty());
  EXPECT_TRUE(here_.summary(rollout).succeeded);
}

}  // namespace
}  // namespace penstock
