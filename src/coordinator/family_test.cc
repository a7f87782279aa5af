// Runs and the runs that their jobs trigger.

#include <gtest/gtest.h>

#include "coordinator/coordinator.h"
#include "coordinator/summary.h"
#include "coordinator/testing/world.h"
#include "engine/testing/driver.h"

namespace penstock::testing {
namespace {

using How = DriveEnd::How;

class FamilyTest : public ::testing::Test {
 protected:
  World world_;
  World::Process ci_{world_};
  Actor alice_{"Alice", "alice@example.org", false};

  int64_t create(const std::shared_ptr<const Plan>& plan, int64_t parent = 0) {
    NewRun fresh = world_.new_run(plan);
    if (parent != 0) fresh.facts.parent = {parent, "start", true, 1};
    return ci_.state.store->create(fresh).value().header.id;
  }
  static std::shared_ptr<Plan> parent_plan() {
    auto plan = plan_of({"start", "after"}, {job("start", "start"), job("after", "after")});
    plan->jobs[0].trigger = Trigger{"child.yml", "{}", {}, true, {}, false};
    return plan;
  }
  How drive(int64_t run) { return ci_.coordinator.drive(run, kPatient).value().how; }
  RunSummary summary(int64_t run) { return ci_.state.store->find(run).value()->summary; }
};

TEST_F(FamilyTest, AJobWhosePipelineWaitsParksItsRun) {
  ci_.dispatcher.script = [](const JobSpec&) {
    FakeDispatcher::Play play;
    play.parked = "run 2 waits for a person";
    play.result.outcome.reason = EndReason::interrupted;
    return play;
  };
  const int64_t run = create(parent_plan());
  EXPECT_EQ(drive(run), How::parked);
  EXPECT_TRUE(summary(run).parked);
  EXPECT_EQ(summary(run).at_job, "start");
  EXPECT_EQ(ci_.state.store->last_attempt(run, "start").value()->result->outcome.reason, EndReason::interrupted);
}

TEST_F(FamilyTest, AJobWhoseRolloutWaitsParksItsRunAndKeepsItsGroup) {
  bool parks = true;
  ci_.dispatcher.script = [&](const JobSpec&) {
    FakeDispatcher::Play play;
    if (parks) play.parked = "rollout 2 waits for a freeze";
    return play;
  };
  auto plan = plan_of({"ship"}, {job("ship", "ship").resource("production")});
  plan->jobs[0].rollout = JobRollout{};
  const int64_t run = create(plan);
  EXPECT_EQ(drive(run), How::parked);
  EXPECT_TRUE(has_let_go(ci_.state.store->load(run)->run.state(0)));
  EXPECT_EQ(drive(run), How::parked) << "it waits for no group";
  parks = false;
  ASSERT_TRUE(ci_.post(run, {world_.clock.now(), event::ResourceGranted{"ship"}}).ok());
  EXPECT_EQ(drive(run), How::ended);
  EXPECT_EQ(summary(run).status, Status::success);
}

TEST_F(FamilyTest, TheEndOfAChildIsToldToItsParentAtOnceAndBringsTheJobBack) {
  bool parks = true;
  ci_.dispatcher.script = [&](const JobSpec& spec) {
    FakeDispatcher::Play play;
    if (spec.trigger && parks) play.parked = "run 2 waits for a person";
    return play;
  };
  const int64_t parent = create(parent_plan());
  drive(parent);
  parks = false;
  const int64_t child = create(plan_of({"test"}, {job("unit", "test")}), parent);
  EXPECT_EQ(drive(child), How::ended);
  ASSERT_EQ(ci_.state.store->inbox(parent).value().size(), 1u);
  EXPECT_EQ(drive(parent), How::ended);
  EXPECT_EQ(summary(parent).status, Status::success);
  EXPECT_EQ(ci_.state.store->last_attempt(parent, "start").value()->attempt, 2);
}

TEST_F(FamilyTest, NewsThatComesBeforeTheJobLetsGoIsNotLost) {
  int64_t parent = 0;
  bool first = true;
  ci_.dispatcher.script = [&](const JobSpec& spec) {
    FakeDispatcher::Play play;
    if (!spec.trigger || !std::exchange(first, false)) return play;
    play.parked = "run 2 waits for a person";
    EXPECT_TRUE(ci_.state.store->post(parent, {{world_.clock.now(), event::ResourceGranted{"start"}}}).ok());
    ci_.state.leases->wake(parent);
    return play;
  };
  parent = create(parent_plan());
  EXPECT_EQ(drive(parent), How::ended);
  EXPECT_EQ(summary(parent).status, Status::success);
}

TEST_F(FamilyTest, ACanceledParentDoesNotWaitForAParkedChild) {
  ci_.dispatcher.script = [](const JobSpec&) {
    FakeDispatcher::Play play;
    play.parked = "run 2 waits for a person";
    return play;
  };
  const int64_t run = create(parent_plan());
  drive(run);
  ASSERT_TRUE(ci_.post(run, {world_.clock.now(), event::CancelRequested{{}, alice_}}).ok());
  EXPECT_EQ(drive(run), How::ended);
  EXPECT_EQ(summary(run).status, Status::canceled);
}

TEST_F(FamilyTest, AJobGetsWhatOneOfItsFamilyHasLeft) {
  const Digest tree = sha256("tree");
  ci_.dispatcher.script = [&](const JobSpec& spec) {
    FakeDispatcher::Play play;
    if (spec.job == "make") play.result.artifacts.push_back({"archive", "artifacts", tree, 1, 1, std::nullopt});
    return play;
  };
  const int64_t parent = create(plan_of({"test"}, {job("make", "test")}));
  drive(parent);
  auto plan = plan_of({"test"}, {job("use", "test")});
  plan->jobs[0].family_needs.push_back({std::to_string(parent), "make", false});
  drive(create(plan, parent));
  const JobSpec child = ci_.dispatcher.started.back();
  ASSERT_EQ(child.inputs.size(), 1u);
  EXPECT_EQ(child.inputs[0].tree, tree);
  EXPECT_EQ(child.unmet, "");
  drive(create(plan));
  EXPECT_EQ(ci_.dispatcher.started.back().unmet, "it needs `make` of pipeline 1, which is not of its family");
}

}  // namespace
}  // namespace penstock::testing
