#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <set>

#include "deployments/testing/clone.h"
#include "rollout/environment_state.h"

namespace penstock {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using How = DeploymentEnd::How;
using Wish = rollout_event::Steered::What;

/// A shop of three services: `accounts`, then `api`, then `web`.
class GroupTest : public ::testing::Test {
 protected:
  GroupTest() : here_(world_, "here") {}

  int64_t request(const std::string& number, RolloutFacts::Kind kind = RolloutFacts::Kind::deploy) {
    const auto made = [&](const std::string& name) {
      DeploymentRequest request;
      request.kind = kind;
      request.environment = testing::Clone::environment(name);
      request.environment.approvals.required = name == asks_ ? 1 : 0;
      request.release = testing::Clone::release(number);
      request.who = {"ana", "ana@example.org", false};
      return request;
    };
    DeploymentRequest whole = made("shop");
    std::vector<DeploymentRequest> services;
    std::vector<std::string> before;
    for (const char* name : {"accounts", "api", "web"}) {
      whole.environment.services.push_back({name, side_by_side_ ? std::vector<std::string>() : before});
      services.push_back(made("shop/" + std::string(name)));
      before = {name};
    }
    const auto stored = here_.deployments->request_group(whole, std::move(services));
    EXPECT_TRUE(stored.ok());
    return stored->record.id;
  }
  RolloutSummary deploy(const std::string& number, RolloutFacts::Kind kind = RolloutFacts::Kind::deploy) {
    const auto end = here_.drive(request(number, kind));
    EXPECT_TRUE(end.ok()) << end.error().message;
    return end.ok() ? end->summary : RolloutSummary();
  }
  std::vector<std::string> serving() {
    std::vector<std::string> releases;
    for (const char* name : {"accounts", "api", "web"}) {
      const std::vector<std::string> there = world_.sites["shop/" + std::string(name)].serving();
      releases.push_back(there.size() == 1 ? there.front() : std::to_string(there.size()) + " instances");
    }
    return releases;
  }
  std::string live(const std::string& service) {
    const EnvironmentState state = environment_state(world_.journal("shop/" + service));
    EXPECT_FALSE(state.under_way.has_value());
    return state.live ? state.live->name : "";
  }
  void abort_while_api_rolls_out() {
    here_.on_change = [this](const RolloutRecord& record, const RolloutView& view) {
      if (record.facts.environment != "shop/api" || view.phase != RolloutPhase::rolling_out) return;
      here_.deployments->steer({Wish::abort, {"ben", "", false}, "wrong"});
      here_.on_change = nullptr;
    };
  }
  static std::string id(const std::string& number) { return testing::Clone::release(number).id; }
  void break_release_of(const std::string& service, const std::string& number) {
    world_.sites["shop/" + service].broken.insert(id(number));
  }
  void approve(const std::string& service, const std::string& number) {
    JournalEntry approval;
    approval.what = JournalEntry::What::approved;
    approval.release = id(number);
    approval.by = {"ben", "ben@example.org", false};
    ASSERT_TRUE(world_.ledger("shop/" + service)->append(approval, 0).ok());
  }

  testing::Sites world_;
  testing::Clone here_;
  std::string asks_;
  bool side_by_side_ = false;
};

TEST_F(GroupTest, TellsOfEachServiceOnceThatItIsLive) {
  ASSERT_TRUE(deploy("1").succeeded);
  for (const char* service : {"accounts", "api", "web"})
    EXPECT_THAT(here_.lines, Contains(service + std::string(": app-1 is live")).Times(1));
  EXPECT_EQ(here_.store->rollouts("shop", 1)->front().facts.release_name, "app-1");
}

/// Waits until it is opened.
class Barrier {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = false;
};

/// The same without an order between them.
class SideBySideTest : public GroupTest {
 protected:
  SideBySideTest() { side_by_side_ = true; }

  /// No instance of that service starts before the barrier is open.
  void hold(const std::string& service) {
    world_.sites["shop/" + service].on_start = [this] { barrier_.pass(); };
  }
  Barrier barrier_;
};

TEST_F(GroupTest, BringsEachServiceToLiveAfterTheOneBeforeIt) {
  std::vector<std::string> began;
  std::set<std::string> waits;
  here_.on_change = [&](const RolloutRecord& record, const RolloutView& view) {
    const std::string& name = record.facts.environment;
    if (!record.summary.began_at) waits.insert(name + " waits for " + view.waits_for);
    if (record.summary.began_at && (began.empty() || began.back() != name)) began.push_back(name);
  };
  const RolloutSummary summary = deploy("1");
  EXPECT_TRUE(summary.succeeded) << summary.reason;
  EXPECT_EQ(summary.step, "3 of 3 services live");
  EXPECT_THAT(waits, ElementsAre("shop/api waits for accounts to be live", "shop/web waits for api to be live"));
  EXPECT_THAT(began, ElementsAre("shop/accounts", "shop/api", "shop/web"));
  EXPECT_THAT(serving(), ElementsAre(id("1"), id("1"), id("1")));
  EXPECT_THAT(*here_.store->open_rollouts(), IsEmpty());
}

TEST_F(GroupTest, OneThatFailsTakesThoseBeforeItBackInTheOppositeOrder) {
  ASSERT_TRUE(deploy("1").succeeded);
  break_release_of("web", "2");
  std::vector<std::string> returned;
  here_.on_change = [&](const RolloutRecord& record, const RolloutView&) {
    if (record.facts.kind == RolloutFacts::Kind::return_ && record.summary.ended)
      returned.push_back(record.facts.environment);
  };
  const RolloutSummary summary = deploy("2");
  EXPECT_EQ(summary.phase, "taken_back");
  EXPECT_THAT(summary.reason, HasSubstr("web: app-2 taken back"));
  EXPECT_THAT(returned, ElementsAre("shop/api", "shop/accounts"));
  EXPECT_THAT(serving(), ElementsAre(id("1"), id("1"), id("1")));
  for (const char* service : {"accounts", "api", "web"}) {
    EXPECT_EQ(live(service), "app-1");
    EXPECT_FALSE(environment_state(world_.journal("shop/" + std::string(service))).pin.has_value());
  }
  world_.sites["shop/web"].broken.clear();
  EXPECT_TRUE(deploy("2").succeeded) << "nothing is pinned: the next one may go";
}

TEST_F(GroupTest, ARollbackThatFailsLeavesAllAsTheyWereAndNothingPinned) {
  ASSERT_TRUE(deploy("1").succeeded);
  ASSERT_TRUE(deploy("2").succeeded);
  break_release_of("accounts", "1");
  const RolloutSummary summary = deploy("1", RolloutFacts::Kind::rollback);
  EXPECT_EQ(summary.phase, "taken_back");
  EXPECT_THAT(summary.reason, HasSubstr("accounts: app-1 taken back"));
  EXPECT_THAT(serving(), ElementsAre(id("2"), id("2"), id("2")));
  for (const char* service : {"accounts", "api", "web"}) {
    EXPECT_EQ(live(service), "app-2");
    EXPECT_FALSE(environment_state(world_.journal("shop/" + std::string(service))).pin.has_value()) << service;
  }
}

TEST_F(GroupTest, ThoseBehindOneThatFailsNeverBegin) {
  ASSERT_TRUE(deploy("1").succeeded);
  break_release_of("accounts", "2");
  EXPECT_EQ(deploy("2").phase, "taken_back");
  const RolloutRecord web = here_.store->rollouts("shop/web", 1)->front();
  EXPECT_EQ(web.summary.phase, "skipped");
  EXPECT_THAT(web.summary.reason, HasSubstr("accounts: app-2 taken back"));
  EXPECT_EQ(world_.journal("shop/web").size(), 2U);
}

TEST_F(GroupTest, AFirstReleaseHasNoneToGoBackTo) {
  break_release_of("api", "1");
  const RolloutSummary summary = deploy("1");
  EXPECT_EQ(summary.phase, "failed");
  EXPECT_EQ(live("accounts"), "app-1");
}

TEST_F(GroupTest, GoesOnWhereItsDriverWasLeft) {
  ASSERT_TRUE(deploy("1").succeeded);
  int number = 1;
  for (const char* service : {"accounts", "api", "web"}) {
    const std::string next = std::to_string(++number);
    const int64_t rollout = request(next);
    here_.on_change = [&](const RolloutRecord& record, const RolloutView& view) {
      const bool there = record.facts.environment == "shop/" + std::string(service);
      if (there && view.phase == RolloutPhase::rolling_out) here_.deployments->leave();
    };
    EXPECT_EQ(here_.drive(rollout)->how, How::left);
    here_.on_change = nullptr;
    const auto end = here_.drive(rollout);
    ASSERT_TRUE(end.ok());
    EXPECT_TRUE(end->summary.succeeded) << end->summary.reason;
    EXPECT_THAT(serving(), ElementsAre(id(next), id(next), id(next)));
  }
}

TEST_F(GroupTest, GoesOnWithTakingBackWhereItsDriverWasLeft) {
  ASSERT_TRUE(deploy("1").succeeded);
  break_release_of("web", "2");
  const int64_t rollout = request("2");
  here_.on_change = [&](const RolloutRecord& record, const RolloutView& view) {
    if (record.facts.kind == RolloutFacts::Kind::return_ && view.phase == RolloutPhase::rolling_out)
      here_.deployments->leave();
  };
  EXPECT_EQ(here_.drive(rollout)->how, How::left);
  here_.on_change = nullptr;
  EXPECT_EQ(here_.drive(rollout)->summary.phase, "taken_back");
  EXPECT_THAT(serving(), ElementsAre(id("1"), id("1"), id("1")));
}

TEST_F(GroupTest, AnAbortTakesAllOfItBack) {
  ASSERT_TRUE(deploy("1").succeeded);
  const int64_t rollout = request("2");
  abort_while_api_rolls_out();
  const auto end = here_.drive(rollout);
  EXPECT_EQ(end->summary.phase, "taken_back");
  EXPECT_THAT(serving(), ElementsAre(id("1"), id("1"), id("1")));
  EXPECT_THAT(end->summary.reason, HasSubstr("ben"));
}

TEST_F(GroupTest, AnAbortOfAnotherProcessIsHeard) {
  ASSERT_TRUE(deploy("1").succeeded);
  const int64_t rollout = request("2");
  ASSERT_TRUE(here_.store->post_steering(rollout, {Wish::abort, {"ben", "", false}, "wrong"}).ok());
  EXPECT_EQ(here_.drive(rollout)->summary.phase, "taken_back");
  EXPECT_THAT(serving(), ElementsAre(id("1"), id("1"), id("1")));
  EXPECT_THAT(*here_.store->steering(rollout), IsEmpty());
}

TEST_F(GroupTest, WaitsWithTheServiceThatWaitsForPeople) {
  asks_ = "shop/api";
  const int64_t rollout = request("1");
  const auto end = here_.drive(rollout);
  EXPECT_EQ(end->how, How::parked);
  EXPECT_TRUE(end->summary.waits_for_person);
  EXPECT_THAT(end->summary.waits_for, HasSubstr("shop/api: approval (0 of 1)"));
  approve("api", "1");
  const int64_t api = here_.store->rollouts("shop/api", 1)->front().id;
  EXPECT_TRUE(here_.drive(api)->summary.succeeded) << "driving one of them drives them all";
  EXPECT_TRUE(here_.summary(rollout).succeeded);
}

TEST_F(GroupTest, HearsAnApprovalThatComesWhileAllOfItParks) {
  asks_ = "shop/api";
  int looks = 0;
  world_.sites["shop/api"].on_look = [&] {
    if (++looks == 2) approve("api", "1");  // its gate was asked twice; the driver of all is still there
  };
  EXPECT_TRUE(deploy("1").succeeded);
}

TEST_F(GroupTest, EndsWhenItIsLookedAtAfterANewerCommitWentLive) {
  asks_ = "shop/api";
  const int64_t whole = request("1");
  ASSERT_EQ(here_.drive(whole)->how, How::parked);
  EXPECT_TRUE(here_.deploy("2", testing::Clone::environment("shop/api")).succeeded);
  EXPECT_FALSE(here_.summary(whole).waits_for_person) << "so that who resumes finds it";
  const auto end = here_.drive(whole);
  EXPECT_EQ(end->how, How::ended);
  EXPECT_THAT(end->summary.reason, HasSubstr("app-1 superseded by app-2, which is newer and live"));
}

TEST_F(GroupTest, WhatSomebodyDeployedSinceIsLeftAlone) {
  ASSERT_TRUE(deploy("1").succeeded);
  break_release_of("web", "2");
  testing::Clone there(world_, "there");
  here_.on_change = [&](const RolloutRecord& record, const RolloutView&) {
    if (record.facts.environment != "shop/web") return;
    here_.on_change = nullptr;
    EXPECT_TRUE(there.deploy("3", testing::Clone::environment("shop/api")).succeeded);
  };
  EXPECT_EQ(deploy("2").phase, "taken_back");
  EXPECT_THAT(serving(), ElementsAre(id("1"), id("3"), id("1")));
}

TEST_F(SideBySideTest, GoSideBySideWhereThereIsNoOrderBetweenThem) {
  std::set<std::string> begun;
  here_.on_change = [&](const RolloutRecord& record, const RolloutView&) {
    begun.insert(record.facts.environment);
    if (begun.size() == 3) barrier_.open();
  };
  for (const char* service : {"accounts", "api", "web"}) hold(service);
  const RolloutSummary summary = deploy("1");
  EXPECT_TRUE(summary.succeeded) << summary.reason;
  EXPECT_EQ(summary.step, "3 of 3 services live");
  EXPECT_THAT(serving(), ElementsAre(id("1"), id("1"), id("1")));
  EXPECT_THAT(*here_.store->open_rollouts(), IsEmpty());
}

TEST_F(SideBySideTest, OneThatFailsAbortsThoseBesideItAndTakesTheRestBack) {
  ASSERT_TRUE(deploy("1").succeeded);
  break_release_of("web", "2");
  hold("api");  // it is still on its way when web has failed
  here_.on_said = [&](const std::string& line) {
    if (line.find("aborted by") != std::string::npos) barrier_.open();
  };
  const RolloutSummary summary = deploy("2");
  EXPECT_EQ(summary.phase, "taken_back");
  EXPECT_THAT(summary.reason, HasSubstr("web: app-2 taken back"));
  EXPECT_THAT(serving(), ElementsAre(id("1"), id("1"), id("1")));
  for (const char* service : {"accounts", "api", "web"}) EXPECT_EQ(live(service), "app-1");
  const RolloutRecord api = here_.store->rollouts("shop/api", 1)->front();
  EXPECT_EQ(api.summary.phase, "taken_back");
  EXPECT_THAT(api.summary.reason, HasSubstr("aborted by shop: web: app-2 taken back"));
}

TEST_F(SideBySideTest, OneThatWaitsForAPersonHoldsNobodyElseUp) {
  asks_ = "shop/api";
  const int64_t rollout = request("1");
  const auto end = here_.drive(rollout);
  EXPECT_EQ(end->how, How::parked);
  EXPECT_TRUE(end->summary.waits_for_person);
  EXPECT_EQ(end->summary.step, "2 of 3 services live");
  EXPECT_THAT(end->summary.waits_for, HasSubstr("shop/api: approval (0 of 1)"));
  EXPECT_EQ(live("web"), "app-1");
  approve("api", "1");
  EXPECT_TRUE(here_.drive(rollout)->summary.succeeded);
  EXPECT_EQ(live("api"), "app-1");
}

TEST_F(SideBySideTest, AnApprovalIsHeardWhileOthersAreOnTheirWay) {
  asks_ = "shop/api";
  hold("web");
  const int64_t rollout = request("1");
  here_.on_said = [&](const std::string& line) {
    if (!line.starts_with("api: waits for")) return;
    approve("api", "1");
    here_.leases->wake(rollout);
  };
  here_.on_change = [&](const RolloutRecord& record, const RolloutView& view) {
    if (record.facts.environment == "shop/api" && view.phase == RolloutPhase::live) barrier_.open();
  };
  const auto end = here_.drive(rollout);
  EXPECT_EQ(end->how, How::ended);
  EXPECT_TRUE(end->summary.succeeded) << end->summary.reason;
}

TEST_F(SideBySideTest, AWishThatCameBeforeTheirDriverIsHeardByAllOfThem) {
  ASSERT_TRUE(deploy("1").succeeded);
  const int64_t rollout = request("2");
  ASSERT_TRUE(here_.store->post_steering(rollout, {Wish::promote, {"ben", "", false}, ""}).ok());
  EXPECT_TRUE(here_.drive(rollout)->summary.succeeded);
  for (const char* service : {"accounts", "api", "web"})
    EXPECT_THAT(here_.lines, Contains(HasSubstr(service + std::string(": promoted by ben"))));
}

TEST_F(SideBySideTest, AnAbortTakesAllOfThemBack) {
  ASSERT_TRUE(deploy("1").succeeded);
  const int64_t rollout = request("2");
  abort_while_api_rolls_out();
  const auto end = here_.drive(rollout);
  EXPECT_EQ(end->summary.phase, "taken_back");
  EXPECT_THAT(end->summary.reason, HasSubstr("ben"));
  EXPECT_THAT(serving(), ElementsAre(id("1"), id("1"), id("1")));
}

TEST_F(SideBySideTest, GoOnWhereTheirDriverWasLeft) {
  ASSERT_TRUE(deploy("1").succeeded);
  hold("api");
  hold("web");
  const int64_t rollout = request("2");
  here_.on_change = [&](const RolloutRecord& record, const RolloutView& view) {
    if (record.facts.environment != "shop/api" || view.phase != RolloutPhase::rolling_out) return;
    here_.deployments->leave();
    barrier_.open();
  };
  EXPECT_EQ(here_.drive(rollout)->how, How::left);
  EXPECT_FALSE(here_.summary(rollout).ended);
  here_.on_change = nullptr;
  const auto end = here_.drive(rollout);
  EXPECT_TRUE(end->summary.succeeded) << end->summary.reason;
  EXPECT_THAT(serving(), ElementsAre(id("2"), id("2"), id("2")));
}

}  // namespace
}  // namespace penstock
