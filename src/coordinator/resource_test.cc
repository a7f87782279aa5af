// Resource groups between runs of one project.

#include <gtest/gtest.h>

#include <stdexcept>

#include "coordinator/testing/world.h"
#include "engine/testing/driver.h"

namespace penstock::testing {
namespace {

using How = DriveEnd::How;

class ResourceTest : public ::testing::Test {
 protected:
  World world_;
  World::Process a_{world_};
  World::Process b_{world_};
  int64_t first_ = create();
  int64_t second_ = create();

  int64_t create() {
    return a_.state.store->create(world_.new_run(plan_of({"ship"}, {job("deploy", "ship").resource("production")})))
        .value()
        .header.id;
  }
  Arbiter arbiter() { return a_.state.store->arbiter().value().arbiter; }
  Status status(int64_t run) { return a_.state.store->find(run).value()->summary.status; }
};

TEST_F(ResourceTest, AFreeGroupIsTakenAtOnceAndGivenBack) {
  EXPECT_EQ(a_.coordinator.drive(first_, kPatient)->status, Status::success);
  EXPECT_TRUE(arbiter().groups().empty());
}

TEST_F(ResourceTest, ASecondRunWaitsForTheFirst) {
  bool tried = false;
  a_.waiter.meanwhile = [&] {
    if (!a_.dispatcher.next_end() || std::exchange(tried, true)) return false;
    EXPECT_EQ(b_.coordinator.drive(second_, {})->how, How::parked);
    EXPECT_TRUE(b_.dispatcher.started.empty());
    EXPECT_EQ(arbiter().groups().at("production").waiting, (std::vector<Claim>{{second_, "deploy"}}));
    return false;
  };
  EXPECT_EQ(a_.coordinator.drive(first_, kPatient)->status, Status::success);
  EXPECT_TRUE(tried);
  EXPECT_EQ(a_.state.store->due(world_.clock.now()).value().size(), 1u) << "its grant waits for a driver";
  EXPECT_EQ(b_.coordinator.drive(second_, kPatient)->status, Status::success);
  EXPECT_TRUE(arbiter().groups().empty());
}

TEST_F(ResourceTest, TheModeThatThePipelineSaysDecidesWhoIsNext) {
  const auto create_as = [&](const std::string& mode) {
    std::shared_ptr<Plan> plan =
        std::make_shared<Plan>(*plan_of({"ship"}, {job("deploy", "ship").resource("staging")}));
    plan->jobs[0].resource_group->mode = mode;
    return a_.state.store->create(world_.new_run(plan)).value().header.id;
  };
  const int64_t holder = create_as("newest_first");
  const int64_t older = create_as("newest_first");
  const int64_t newer = create_as("newest_first");
  bool tried = false;
  a_.waiter.meanwhile = [&] {
    if (!a_.dispatcher.next_end() || std::exchange(tried, true)) return false;
    EXPECT_EQ(arbiter().groups().at("staging").mode, QueueMode::newest_first);
    EXPECT_EQ(b_.coordinator.drive(older, {})->how, How::parked);
    EXPECT_EQ(b_.coordinator.drive(newer, {})->how, How::parked);
    return false;
  };
  EXPECT_EQ(a_.coordinator.drive(holder, kPatient)->status, Status::success);
  EXPECT_TRUE(tried);
  EXPECT_EQ(arbiter().groups().at("staging").holders, (std::vector<Claim>{{newer, "deploy"}}));
}

TEST_F(ResourceTest, WhoWouldDriveTheRunsBeforeItDoesNotWaitForThem) {
  const std::shared_ptr<Plan> plan = std::make_shared<Plan>(
      *plan_of({"gate", "ship"}, {job("approve", "gate").manual(true), job("deploy", "ship").resource("staging")}));
  plan->jobs[1].resource_group->mode = "oldest_first";
  const int64_t older = a_.state.store->create(world_.new_run(plan)).value().header.id;
  const int64_t newer = a_.state.store->create(world_.new_run(plan)).value().header.id;
  const Patience watching{Duration{}, true, false};
  for (const int64_t run : {older, newer}) EXPECT_EQ(a_.coordinator.drive(run, watching)->how, How::parked);
  ASSERT_TRUE(a_.post(newer, Event{world_.clock.now(), event::Approved{"approve", {"Alice", {}, false}, {}}}).ok());
  EXPECT_EQ(a_.coordinator.drive(newer, watching)->how, How::parked) << "the turn is the older one's, which waits";
  EXPECT_EQ(status(newer), Status::waiting_for_resource);
  ASSERT_TRUE(a_.post(older, Event{world_.clock.now(), event::Approved{"approve", {"Alice", {}, false}, {}}}).ok());
  EXPECT_EQ(a_.coordinator.drive(older, watching)->status, Status::success);
  EXPECT_EQ(a_.state.store->due(world_.clock.now()).value().size(), 1u) << "its grant waits for a driver";
  EXPECT_EQ(a_.coordinator.drive(newer, watching)->status, Status::success);
  EXPECT_TRUE(arbiter().groups().at("staging").holders.empty());
}

TEST_F(ResourceTest, AHolderWhoseDriverDiedIsNotWaitedFor) {
  a_.waiter.meanwhile = [&]() -> bool {
    if (a_.dispatcher.next_end()) throw std::runtime_error("killed");
    return false;
  };
  EXPECT_THROW((void)a_.coordinator.drive(first_, kPatient), std::runtime_error);
  EXPECT_EQ(arbiter().groups().at("production").holders, (std::vector<Claim>{{first_, "deploy"}}));

  EXPECT_EQ(b_.coordinator.drive(second_, kPatient)->status, Status::success);
  EXPECT_EQ(status(first_), Status::running);

  World::Process again(world_);
  EXPECT_EQ(again.coordinator.drive(first_, kPatient)->status, Status::success);
  EXPECT_EQ(again.dispatcher.started.size(), 1u);
  EXPECT_EQ(again.dispatcher.swept, std::vector<int64_t>{1});
  EXPECT_TRUE(arbiter().groups().empty());
}

TEST_F(ResourceTest, AJobThatWasGrantedItsGroupBeforeTheDriverDiedAsksAgain) {
  // The grant lies in the inbox, or has been applied, but the job never began.
  int waits = 0;
  World::Process none(world_, 0);
  none.waiter.meanwhile = [&]() -> bool { throw std::runtime_error("killed"); };
  EXPECT_THROW((void)none.coordinator.drive(first_, kPatient), std::runtime_error);
  EXPECT_EQ(a_.state.store->load(first_).value().run.state(0).status, Status::pending);

  // Meanwhile another run takes the group, for the first one is dead.
  b_.waiter.meanwhile = [&]() -> bool {
    if (!b_.dispatcher.next_end() || ++waits > 1) return false;
    World::Process impatient(world_);
    EXPECT_THROW((void)impatient.coordinator.drive(first_, kPatient), std::runtime_error) << "waits for good, here";
    EXPECT_TRUE(impatient.dispatcher.started.empty()) << "the group is taken";
    return false;
  };
  EXPECT_EQ(b_.coordinator.drive(second_, kPatient)->status, Status::success);
  EXPECT_EQ(waits > 0, true);
  EXPECT_EQ(a_.coordinator.drive(first_, kPatient)->status, Status::success);
  EXPECT_TRUE(arbiter().groups().empty());
}

}  // namespace
}  // namespace penstock::testing
