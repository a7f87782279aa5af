#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>

#include "deployments/testing/clone.h"
#include "rollout/environment_state.h"

namespace penstock {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using How = DeploymentEnd::How;
using What = JournalEntry::What;
using Wish = rollout_event::Steered::What;

class WaitingTest : public ::testing::Test {
 protected:
  WaitingTest() : here_(world_, "here"), there_(world_, "there") {}

  void append(What what, const std::string& number, const std::string& by = "ben", const std::string& rollout = {}) {
    JournalEntry entry;
    entry.what = what;
    entry.release = testing::Clone::release(number).id;
    entry.name = "app-" + number;
    entry.by = {by, by + "@example.org", false};
    entry.rollout = rollout;
    ASSERT_TRUE(world_.ledger()->append(entry, 0).ok());
  }
  void reject(testing::Clone& clone, int64_t rollout, const std::string& number) {
    append(What::rejected, number, "ben",
           clone.deployments->name_in_journal(clone.store->load_rollout(rollout)->record));
  }
  /// An environment where so many must approve.
  static EnvironmentSpec asking(int people = 1) {
    EnvironmentSpec spec = testing::Clone::environment();
    spec.approvals.required = people;
    return spec;
  }
  /// An environment where somebody must approve, and the newest takes the place of those that wait for that.
  static EnvironmentSpec newest_only() {
    EnvironmentSpec spec = asking();
    spec.queue = EnvironmentQueue::newest_only;
    return spec;
  }

  testing::Sites world_;
  testing::Clone here_;
  testing::Clone there_;
};

TEST_F(WaitingTest, WaitsForPeopleAndBeginsWhenEnoughAgree) {
  EnvironmentSpec spec = asking();
  spec.approvals.from = {"managers"};
  const int64_t rollout = *here_.request("1", spec, [](DeploymentRequest& request) {
    request.groups["managers"] = {"ben", "carla"};
  });
  auto end = here_.drive(rollout, true);
  EXPECT_EQ(end->how, How::parked);
  EXPECT_TRUE(end->summary.waits_for_person);
  append(What::approved, "1", "dave");
  EXPECT_EQ(here_.drive(rollout)->how, How::parked) << "dave is no manager";
  append(What::approved, "1");
  end = here_.drive(rollout);
  EXPECT_TRUE(end->summary.succeeded) << end->summary.reason;
  EXPECT_TRUE(here_.deploy("1", spec).waits_for_person) << "an approval is for one deployment";
}

TEST_F(WaitingTest, AsksAndWithdrawsOnceAndReadsTheJournalOnceEach) {
  append(What::promoted, "1");
  const auto ledger = world_.ledger();
  const size_t& read = world_.sites["production"].read;
  const Actor ana{"ana", "ana@example.org", false};
  const auto ask = [&] { return here_.deployments->ask_people("production", *ledger, here_.release("2"), ana, "7"); };
  EXPECT_EQ(ask()->back().what, What::asked);
  EXPECT_EQ(read, 1U) << "what it has written itself it knows";
  EXPECT_EQ(*ask(), world_.journal());
  EXPECT_EQ(read, 2U);
  EXPECT_EQ(world_.journal().size(), 2U);

  ASSERT_TRUE(here_.deployments->withdraw_ask("production", *ledger, "8").ok());
  ASSERT_TRUE(here_.deployments->withdraw_ask("production", *ledger, "7").ok());
  ASSERT_TRUE(here_.deployments->withdraw_ask("production", *ledger, "7").ok());
  EXPECT_EQ(world_.journal().size(), 3U);
  EXPECT_THAT(environment_state(world_.journal()).asks, IsEmpty());
  append(What::promoted, "2");
  const JournalEntry last = world_.journal().back();
  EXPECT_EQ(here_.deployments->append("production", *ledger, last)->size(), 5U) << "what others wrote before it, too";
}

TEST_F(WaitingTest, EndsWhatAPersonRejectsAndAsksAnewForTheNext) {
  const EnvironmentSpec spec = asking(2);
  const int64_t first = *here_.request("1", spec);
  append(What::approved, "1", "carla");
  ASSERT_EQ(here_.drive(first)->how, How::parked);
  reject(here_, first, "1");
  const auto end = here_.drive(first);
  EXPECT_EQ(end->summary.phase, "refused");
  EXPECT_EQ(end->summary.reason, "rejected by ben");
  EXPECT_THAT(world_.sites["production"].serving(), IsEmpty());

  const int64_t again = *here_.request("1", spec);
  EXPECT_EQ(here_.drive(again)->summary.waits_for, "approval (0 of 2): needs 2");
  append(What::approved, "1", "carla");
  append(What::approved, "1", "ben");
  EXPECT_TRUE(here_.drive(again)->summary.succeeded);
}

TEST_F(WaitingTest, ARejectionIsOfOneRolloutAlsoForAnotherClone) {
  const EnvironmentSpec spec = asking();
  const int64_t here = *here_.request("1", spec);
  const int64_t there = *there_.request("1", spec);
  ASSERT_EQ(here_.drive(here)->how, How::parked);
  ASSERT_EQ(there_.drive(there)->how, How::parked);
  append(What::approved, "1", "carla");
  reject(here_, here, "1");
  EXPECT_EQ(here_.drive(here)->summary.phase, "refused");
  EXPECT_EQ(there_.drive(there)->how, How::parked) << "what was approved before it counts there neither";
  append(What::approved, "1", "carla");
  EXPECT_TRUE(there_.drive(there)->summary.succeeded);
}

TEST_F(WaitingTest, ARejectionBetweenTheGateAndTheLeaseIsHeard) {
  const EnvironmentSpec spec = asking();
  const int64_t rollout = *here_.request("2", spec);
  append(What::promoted, "1");
  append(What::approved, "2", "carla");
  here_.on_ask = [&] { reject(here_, rollout, "2"); };
  EXPECT_EQ(here_.drive(rollout)->summary.phase, "refused");
  EXPECT_THAT(world_.sites["production"].serving(), IsEmpty());
}

TEST_F(WaitingTest, HearsAnApprovalThatComesWhileItParks) {
  const EnvironmentSpec spec = asking();
  here_.on_said = [&](const std::string& line) {  // it has asked its gate, and still is its driver
    if (line.starts_with("waits for approval")) append(What::approved, "1");
  };
  EXPECT_TRUE(here_.deploy("1", spec).succeeded);
}

TEST_F(WaitingTest, IsParkedByAFreezeUntilItEndsOrIsOverridden) {
  EnvironmentSpec spec = testing::Clone::environment();
  FreezeWindow window;
  window.name = "weekend";
  window.from = here_.clock.now() - std::chrono::hours(1);
  window.to = here_.clock.now() + std::chrono::hours(1);
  spec.freezes = {window};
  const auto end = here_.drive(*here_.request("1", spec), true);
  EXPECT_EQ(end->how, How::parked);
  EXPECT_EQ(end->summary.due_at, window.to);
  EXPECT_EQ(end->summary.waits_for, "the freeze \"weekend\" to end");
  const auto override = [](DeploymentRequest& request) { request.override_freeze = "customers wait"; };
  EXPECT_TRUE(here_.deploy("1", spec, override).succeeded);
}

TEST_F(WaitingTest, ANewerOneSupersedesThoseThatWait) {
  const EnvironmentSpec spec = newest_only();
  const int64_t older = *here_.request("1", spec);
  ASSERT_EQ(here_.drive(older)->how, How::parked);
  ASSERT_EQ(here_.drive(*here_.request("2", spec))->how, How::parked);
  EXPECT_EQ(here_.summary(older).phase, "superseded") << "though nobody drives it";
  EXPECT_THAT(here_.summary(older).reason, HasSubstr("superseded by rollout 2 (app-2, ana)"));
}

TEST_F(WaitingTest, WhatWaitsEndsWhenANewerCommitGoesLive) {
  const EnvironmentSpec spec = asking();
  const int64_t older = *here_.request("1", spec);
  ASSERT_EQ(here_.drive(older)->how, How::parked);
  ASSERT_TRUE(here_.deploy("2").succeeded);
  EXPECT_EQ(here_.summary(older).phase, "superseded");
  EXPECT_EQ(here_.summary(older).reason, "superseded by app-2, which is newer and live");
  EXPECT_THAT(*here_.store->open_rollouts(), IsEmpty());
}

TEST_F(WaitingTest, WhatWaitsEndsWhereItIsSeenThatAnotherCloneWasQuicker) {
  const EnvironmentSpec spec = asking();
  const int64_t older = *here_.request("1", spec);
  const int64_t newer = *here_.request("3", spec);
  ASSERT_EQ(here_.drive(older)->how, How::parked);
  ASSERT_EQ(here_.drive(newer)->how, How::parked);
  ASSERT_TRUE(there_.deploy("2").succeeded);
  EXPECT_FALSE(here_.summary(older).ended);
  ASSERT_TRUE(here_.deployments->refresh("production", *world_.ledger()).ok());
  EXPECT_EQ(here_.summary(older).phase, "superseded");
  EXPECT_FALSE(here_.summary(newer).ended) << "that may still begin";
}

TEST_F(WaitingTest, WhoWaitsHearsAtOnceThatANewerOneSupersedesIt) {
  const EnvironmentSpec spec = newest_only();
  const int64_t older = *here_.request("1", spec);
  ASSERT_EQ(here_.drive(older)->how, How::parked);
  const auto lease = here_.leases->try_acquire(older);  // the ci that waits with it
  const auto woken = [&] {
    pollfd one{(*lease)->fd(), POLLIN, 0};
    return ::poll(&one, 1, 0) == 1;
  };
  EXPECT_FALSE(woken());
  ASSERT_EQ(here_.drive(*here_.request("2", spec))->how, How::parked);
  EXPECT_TRUE(woken());
}

TEST_F(WaitingTest, TheFirstInLineGoesFirstIfSomebodyBringsIt) {
  EnvironmentSpec spec = testing::Clone::environment();
  spec.queue = EnvironmentQueue::oldest_first;
  const int64_t first = *here_.request("1", spec);
  const int64_t second = *here_.request("2", spec);
  auto lease = here_.leases->try_acquire(first);  // somebody drives the first one
  const auto end = here_.drive(second);
  EXPECT_EQ(end->how, How::parked);
  EXPECT_EQ(end->summary.waits_for, "rollout 1 (app-1, ana) to go first");
  lease->reset();
  EXPECT_TRUE(here_.drive(second)->summary.succeeded) << "its ci died in line: nobody would ever bring it";
}

TEST_F(WaitingTest, AWishOfBeforeItBeganIsHeardOnce) {
  const EnvironmentSpec spec = asking();
  const int64_t rollout = *here_.request("1", spec);
  ASSERT_EQ(here_.drive(rollout)->how, How::parked);
  ASSERT_TRUE(here_.store->post_steering(rollout, {Wish::pause, {"ben", "", false}, ""}).ok());
  ASSERT_TRUE(here_.store->post_steering(rollout, {Wish::go_on, {"ben", "", false}, ""}).ok());
  append(What::approved, "1");
  EXPECT_TRUE(here_.drive(rollout)->summary.succeeded);
  const auto paused = [](const std::string& line) { return line.find("pause") != std::string::npos; };
  EXPECT_EQ(std::count_if(here_.lines.begin(), here_.lines.end(), paused), 1);
}

TEST_F(WaitingTest, AnAbortAtTheGateEndsItThere) {
  const EnvironmentSpec spec = asking();
  const int64_t rollout = *here_.request("1", spec);
  ASSERT_EQ(here_.drive(rollout)->how, How::parked);
  ASSERT_TRUE(here_.store->post_steering(rollout, {Wish::abort, {"ben", "", false}, "wrong one"}).ok());
  const auto end = here_.drive(rollout);
  EXPECT_EQ(end->summary.phase, "refused");
  EXPECT_EQ(end->summary.reason, "aborted by ben \"wrong one\"");
}

TEST_F(WaitingTest, AsksWhereEveryCloneSeesItAndOnlyOnce) {
  const EnvironmentSpec spec = asking();
  const auto asks = [&] { return environment_state(*there_.deployments->refresh(spec.name, *world_.ledger())).asks; };
  const int64_t rollout = *here_.request("1", spec);
  ASSERT_EQ(here_.drive(rollout)->how, How::parked);
  ASSERT_EQ(here_.drive(rollout)->how, How::parked);
  ASSERT_EQ(asks().size(), 1U);
  EXPECT_EQ(asks()[0].name, "app-1");
  EXPECT_TRUE(there_.deployments->known_release(*world_.ledger(), asks()[0].release).ok());
  ASSERT_TRUE(here_.store->post_steering(rollout, {Wish::abort, {"ben", "", false}, ""}).ok());
  ASSERT_EQ(here_.drive(rollout)->how, How::ended);
  EXPECT_THAT(asks(), IsEmpty());
}

TEST_F(WaitingTest, TakesBackWhatItAskedThoughItWasAnsweredAndWaitsForAFreeze) {
  EnvironmentSpec spec = asking();
  spec.freezes.emplace_back();
  spec.freezes[0].from = here_.clock.now() - std::chrono::hours(1);
  spec.freezes[0].to = here_.clock.now() + std::chrono::hours(1);
  const auto asks = [&] { return environment_state(*here_.deployments->refresh(spec.name, *world_.ledger())).asks; };
  const auto wait_for_freeze = [&](const std::string& number) {
    const int64_t rollout = *here_.request(number, spec);
    EXPECT_EQ(here_.drive(rollout)->how, How::parked);
    append(What::approved, number);
    EXPECT_TRUE(here_.drive(rollout)->summary.due_at.has_value());
    EXPECT_EQ(asks().size(), 1U);
    return rollout;
  };
  const int64_t aborted = wait_for_freeze("1");
  ASSERT_TRUE(here_.store->post_steering(aborted, {Wish::abort, {"ben", "", false}, ""}).ok());
  ASSERT_EQ(here_.drive(aborted)->how, How::ended);
  EXPECT_THAT(asks(), IsEmpty());
  const int64_t overtaken = wait_for_freeze("2");
  ASSERT_TRUE(here_.deploy("3").succeeded);
  EXPECT_EQ(here_.summary(overtaken).phase, "superseded");
  EXPECT_THAT(asks(), IsEmpty());
}

TEST_F(WaitingTest, AnAbortAtTheGateNeedsNoTarget) {
  const EnvironmentSpec spec = asking();
  const int64_t rollout = *here_.request("1", spec);
  ASSERT_EQ(here_.drive(rollout)->how, How::parked);
  here_.broken_target = true;
  ASSERT_TRUE(here_.store->post_steering(rollout, {Wish::abort, {"ben", "", false}, ""}).ok());
  EXPECT_EQ(here_.drive(rollout)->summary.phase, "refused");
}

}  // namespace
}  // namespace penstock
