#include "coordinator/coordinator.h"

#include <gtest/gtest.h>

#include "coordinator/testing/world.h"
#include "engine/testing/driver.h"

namespace penstock::testing {
namespace {

using How = DriveEnd::How;

const Actor kAlice{"Alice", "alice@example.org", false};

JobResult failed(int exit_code = 1) {
  JobResult result;
  result.outcome = {EndReason::script_failure, exit_code, {}};
  return result;
}

FakeDispatcher::Play fails(int exit_code = 1) { return {Duration(1000), failed(exit_code), Duration(10)}; }

class CoordinatorTest : public ::testing::Test {
 protected:
  World world_;
  World::Process ci_{world_};

  int64_t create(const std::shared_ptr<const Plan>& plan) {
    return ci_.state.store->create(world_.new_run(plan)).value().header.id;
  }
  DriveEnd drive(int64_t run, Patience patience = kPatient) {
    Result<DriveEnd> end = ci_.coordinator.drive(run, patience);
    EXPECT_TRUE(end.ok()) << (end.ok() ? "" : end.error().message);
    EXPECT_EQ(ci_.dispatcher.complaints, std::vector<std::string>());
    return end.ok() ? *end : DriveEnd();
  }
  RunSummary summary(int64_t run) { return ci_.state.store->find(run).value()->summary; }
  std::vector<std::string> started() {
    std::vector<std::string> names;
    for (const JobSpec& spec : ci_.dispatcher.started) names.push_back(spec.job);
    return names;
  }
};

TEST_F(CoordinatorTest, DrivesStagesInOrderToTheirEnd) {
  const int64_t run =
      create(plan_of({"build", "test"}, {job("compile", "build"), job("unit", "test"), job("lint", "test")}));
  const DriveEnd end = drive(run);
  EXPECT_EQ(end.how, How::ended);
  EXPECT_EQ(end.status, Status::success);
  EXPECT_EQ(started(), (std::vector<std::string>{"compile", "unit", "lint"}));
  EXPECT_EQ(summary(run).status, Status::success);
  EXPECT_TRUE(summary(run).ended_at.has_value());
  EXPECT_TRUE(ci_.diary.has("attempt 1 of compile passed"));
}

TEST_F(CoordinatorTest, TakesNoMoreThanTheSlotsThatAreFree) {
  std::vector<JobBuilder> jobs;
  for (int i = 0; i < 7; ++i) jobs.push_back(job("j" + std::to_string(i), "test"));
  const Instant before = world_.clock.now();
  EXPECT_EQ(drive(create(plan_of({"test"}, jobs))).status, Status::success);
  EXPECT_EQ(world_.clock.now() - before, Duration(4000)) << "seven seconds of work on two slots";
}

TEST_F(CoordinatorTest, CommitsTheEndOfOneJobWithTheStartOfTheNext) {
  std::vector<JobBuilder> jobs = {job("j0", "test")};
  for (int i = 1; i < 20; ++i)
    jobs.push_back(job("j" + std::to_string(i), "test").needs({"j" + std::to_string(i - 1)}));
  const int64_t run = create(plan_of({"test"}, jobs));
  drive(run);
  EXPECT_EQ(ci_.state.store->find(run).value()->version, 21) << "one transition a job, and one to begin with";
}

TEST_F(CoordinatorTest, NamesTheJobThatFailedFirst) {
  ci_.dispatcher.script = [](const JobSpec& spec) { return spec.job == "unit" ? fails(3) : FakeDispatcher::Play(); };
  const int64_t run = create(plan_of({"test", "ship"}, {job("unit", "test"), job("deploy", "ship")}));
  EXPECT_EQ(drive(run).status, Status::failed);
  EXPECT_EQ(summary(run).at_job, "unit");
  EXPECT_EQ(summary(run).at_stage, "test");
  EXPECT_EQ(ci_.state.store->last_attempt(run, "unit").value()->result->outcome.exit_code, 3);
  EXPECT_FALSE(ci_.state.store->last_attempt(run, "deploy").value().has_value());
}

TEST_F(CoordinatorTest, ParksAtAGateAndGoesOnWhenItIsOpened) {
  const int64_t run = create(plan_of({"build", "ship"}, {job("compile", "build"), job("deploy", "ship").manual(true)}));
  EXPECT_EQ(drive(run).how, How::parked);
  EXPECT_TRUE(summary(run).parked);
  EXPECT_EQ(summary(run).at_job, "deploy");
  EXPECT_EQ(ci_.dispatcher.synced, 1) << "what is kept is synced before a person is told";

  World::Process later(world_);  // a week later, another process
  world_.clock.advance(std::chrono::hours(24 * 7));
  const Result<bool> driven = later.post(run, Event{world_.clock.now(), event::Approved{"deploy", kAlice, "go"}});
  ASSERT_TRUE(driven.ok());
  EXPECT_FALSE(*driven) << "nobody drives it, so the poster does";
  const Result<DriveEnd> end = later.coordinator.drive(run, kPatient);
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(end->status, Status::success);
  EXPECT_EQ(later.dispatcher.started.size(), 1u) << "what had passed isn't run again";
  EXPECT_EQ(later.state.store->load(run).value().run.state(1).opened_by, kAlice);
}

TEST_F(CoordinatorTest, IsWokenByAnotherProcess) {
  World::Process other(world_);
  bool posted = false;
  int64_t run = 0;
  ci_.waiter.meanwhile = [&] {
    if (!std::exchange(posted, true)) {
      EXPECT_TRUE(*other.post(run, Event{world_.clock.now(), event::Approved{"extra", kAlice, {}}}));
      EXPECT_EQ(other.coordinator.drive(run, kPatient)->how, How::elsewhere);
    }
    return false;
  };
  run = create(plan_of({"test"}, {job("unit", "test"), job("extra", "test").manual()}));
  EXPECT_EQ(drive(run).status, Status::success);
  EXPECT_EQ(started(), (std::vector<std::string>{"unit", "extra"}));
}

TEST_F(CoordinatorTest, TellsWhyAnEventWasRefused) {
  const int64_t run = create(plan_of({"test"}, {job("unit", "test")}));
  drive(run);
  ASSERT_TRUE(ci_.post(run, Event{world_.clock.now(), event::Approved{"unit", kAlice, {}}}).ok());
  ci_.diary.lines.clear();
  EXPECT_EQ(drive(run).status, Status::success);
  ASSERT_EQ(ci_.diary.lines.size(), 1u);
  EXPECT_NE(ci_.diary.lines[0].find("unit"), std::string::npos) << ci_.diary.lines[0];
  EXPECT_TRUE(ci_.state.store->inbox(run).value().empty());
}

TEST_F(CoordinatorTest, WaitsForADelayedJobOnlyWhereItIsDueSoon) {
  const int64_t run = create(plan_of({"test"}, {job("later", "test").delayed(std::chrono::minutes(30))}));
  const Instant before = world_.clock.now();
  const DriveEnd parked = drive(run, {});
  EXPECT_EQ(parked.how, How::parked);
  EXPECT_EQ(parked.due_at, before + std::chrono::minutes(30));
  EXPECT_EQ(ci_.state.store->due(before + std::chrono::minutes(29)).value().size(), 0u);
  EXPECT_EQ(ci_.state.store->due(before + std::chrono::minutes(30)).value().size(), 1u);
  world_.clock.advance(std::chrono::minutes(29));
  EXPECT_EQ(drive(run, {std::chrono::seconds(59), false}).how, How::parked);
  EXPECT_EQ(drive(run, {std::chrono::seconds(60), false}).status, Status::success);
  EXPECT_GE(world_.clock.now() - before, Duration(std::chrono::minutes(30)));
}

TEST_F(CoordinatorTest, CancelsGracefullyThenKills) {
  ci_.dispatcher.script = [](const JobSpec&) {
    return FakeDispatcher::Play{std::chrono::hours(1), {}, std::chrono::minutes(1)};
  };
  int waits = 0;
  ci_.waiter.meanwhile = [&] {
    ++waits;
    if (waits == 1) ci_.coordinator.cancel(kAlice);
    if (waits == 2) ci_.coordinator.kill(kAlice);
    return waits <= 2;
  };
  const Instant before = world_.clock.now();
  const int64_t run = create(plan_of({"test"}, {job("a", "test"), job("b", "test"), job("c", "test")}));
  EXPECT_EQ(drive(run).status, Status::canceled);
  EXPECT_LT(world_.clock.now() - before, Duration(std::chrono::minutes(1))) << "killed, not awaited";
  EXPECT_EQ(started().size(), 2u);
}

TEST_F(CoordinatorTest, LeavesARunThatOnlyWaitsForALaterTime) {
  bool leaves_what_runs = true;
  ci_.waiter.meanwhile = [&] {
    const bool left = ci_.coordinator.leave();
    leaves_what_runs = leaves_what_runs && left;
    return left;
  };
  const int64_t run = create(plan_of({"a", "b"}, {job("one", "a"), job("two", "b").delayed(std::chrono::minutes(1))}));
  const DriveEnd left = drive(run);
  EXPECT_EQ(left.how, How::parked);
  EXPECT_FALSE(leaves_what_runs);
  EXPECT_EQ(started(), (std::vector<std::string>{"one"}));
  EXPECT_EQ(ci_.state.store->due(*left.due_at).value().size(), 1u);
  ci_.waiter.meanwhile = nullptr;
  EXPECT_EQ(drive(run).status, Status::success);
  EXPECT_EQ(started(), (std::vector<std::string>{"one", "two"}));
}

TEST_F(CoordinatorTest, HandsArtifactsAndDotenvToLaterJobs) {
  ci_.dispatcher.script = [](const JobSpec& spec) {
    FakeDispatcher::Play play;
    if (spec.job == "compile") {
      play.result.artifacts = {{"archive", "app", sha256("app"), 1, 3, {}}, {"junit", "r", sha256("r"), 1, 3, {}}};
      play.result.dotenv = {{"VERSION", "2.7.0"}};
    }
    return play;
  };
  drive(create(
      plan_of({"build", "test"}, {job("compile", "build"), job("unit", "test"), job("lint", "test").needs({})})));
  const JobSpec& unit = ci_.dispatcher.started[1].job == "unit" ? ci_.dispatcher.started[1] : ci_.dispatcher.started[2];
  ASSERT_EQ(unit.job, "unit");
  EXPECT_EQ(unit.inputs, (std::vector<ArtifactInput>{{"compile", sha256("app")}}));
  EXPECT_EQ(unit.variables.back(), (Variable{"VERSION", "2.7.0"}));
  for (const JobSpec& spec : ci_.dispatcher.started) {
    if (spec.job == "lint") {
      EXPECT_TRUE(spec.inputs.empty());
    }
  }
}

TEST_F(CoordinatorTest, RecordsDeploymentsWithTheirArtifacts) {
  ci_.dispatcher.script = [](const JobSpec& spec) {
    FakeDispatcher::Play play;
    if (spec.job == "compile") play.result.artifacts = {{"archive", "app", sha256("app"), 1, 3, {}}};
    if (spec.job == "deploy") play.result.environment_url = "http://staging";
    return play;
  };
  const int64_t run =
      create(plan_of({"build", "ship"}, {job("compile", "build"), job("deploy", "ship").environment("staging")}));
  drive(run);
  const std::vector<EnvironmentRecord> records = ci_.state.store->history("staging", 10).value();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].run, run);
  EXPECT_EQ(records[0].attempt_id, 2);
  EXPECT_EQ(records[0].url, "http://staging");
  EXPECT_EQ(records[0].by, kAlice);
  EXPECT_TRUE(records[0].passed);
  EXPECT_EQ(records[0].artifacts, std::vector<Digest>{sha256("app")});
}

}  // namespace
}  // namespace penstock::testing
