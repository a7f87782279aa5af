#include "engine/run.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/testing/driver.h"

namespace penstock {
namespace {

using testing::Driver;
using testing::job;
using testing::plan_of;
using namespace std::chrono_literals;

std::shared_ptr<Plan> three_stages() {
  return plan_of({"build", "test", "deploy"}, {job("build", "build"), job("test", "test"), job("deploy", "deploy")});
}

TEST(Run, StagesRunOneAfterAnother) {
  Driver driver(three_stages());
  EXPECT_EQ(driver.run.status(), Status::created);
  ASSERT_TRUE(driver.start_run());
  EXPECT_EQ(driver.jobs(), "build pending, test created, deploy created");
  EXPECT_EQ(driver.run.status(), Status::pending);
  EXPECT_TRUE(driver.pass("build"));
  EXPECT_EQ(driver.jobs(), "build success, test pending, deploy created");
  EXPECT_EQ(driver.run.status(), Status::running);
  EXPECT_TRUE(driver.pass("test"));
  EXPECT_TRUE(driver.pass("deploy"));
  EXPECT_EQ(driver.run.status(), Status::success);
  EXPECT_EQ(driver.commands_of<command::StartJob>(),
            (std::vector<command::StartJob>{{"build", 1}, {"test", 1}, {"deploy", 1}}));
  EXPECT_EQ(driver.commands_of<command::RunEnded>(), (std::vector<command::RunEnded>{{Status::success}}));
}

TEST(Run, NothingHappensBeforeItIsStarted) {
  Driver driver(three_stages());
  EXPECT_FALSE(driver.start("build"));
  EXPECT_FALSE(driver.run.is_parked());
  EXPECT_TRUE(driver.start_run());
  EXPECT_FALSE(driver.start_run());
}

TEST(Run, ARunWithoutJobsEndsAtOnce) {
  Driver driver(plan_of({}, {}));
  ASSERT_TRUE(driver.start_run());
  EXPECT_EQ(driver.commands_of<command::RunEnded>(), (std::vector<command::RunEnded>{{Status::success}}));
}

TEST(Run, AFailureSkipsLaterStages) {
  Driver driver(three_stages());
  driver.start_run();
  EXPECT_TRUE(driver.fail("build"));
  EXPECT_EQ(driver.jobs(), "build failed, test skipped, deploy skipped");
  EXPECT_EQ(driver.run.status(), Status::failed);
  EXPECT_EQ(driver.state("deploy").why, "skipped: `build` failed");
  EXPECT_EQ(driver.state("build").outcome->exit_code, 1);
}

TEST(Run, KeepGoingBlocksOnlyWhatNeedsTheFailedJob) {
  Driver driver(plan_of({"build", "test"}, {job("a", "build"), job("b", "test"), job("c", "test").needs({"a"})}),
                {.keep_going = true});
  driver.start_run();
  driver.fail("a");
  EXPECT_EQ(driver.jobs(), "a failed, b pending, c skipped");
  driver.pass("b");
  EXPECT_EQ(driver.run.status(), Status::failed);
}

TEST(Run, KeepGoingIsNoReasonToGoOnAfterACancel) {
  Driver driver(three_stages(), {.keep_going = true});
  driver.start_run();
  EXPECT_TRUE(driver.cancel("build"));
  EXPECT_EQ(driver.jobs(), "build canceled, test skipped, deploy skipped");
}

TEST(Run, AnAllowedFailureIsAThirdOutcome) {
  Driver driver(plan_of({"a", "b"}, {job("lint", "a").may_fail(), job("test", "b")}));
  driver.start_run();
  driver.fail("lint");
  EXPECT_EQ(driver.jobs(), "lint failed*, test pending");
  driver.pass("test");
  EXPECT_EQ(driver.run.status(), Status::success);
  EXPECT_TRUE(driver.run.has_warnings());
  EXPECT_EQ(driver.run.stage_status("a"), Status::success);
}

TEST(Run, FailureIsAllowedForTheNamedExitCodesOnly) {
  for (const auto& [code, status] : {std::pair{137, Status::success}, std::pair{1, Status::failed}}) {
    Driver driver(plan_of({"a"}, {job("a", "a").may_fail_with({137, 255})}));
    driver.start_run();
    driver.fail("a", code);
    EXPECT_EQ(driver.run.status(), status) << code;
  }
}

TEST(Run, ABlockingManualJobParksTheRunUntilAPersonOpensIt) {
  Driver driver(plan_of({"a", "b"}, {job("gate", "a").manual(true), job("ship", "b")}));
  driver.start_run();
  EXPECT_EQ(driver.run.status(), Status::manual);
  EXPECT_TRUE(driver.run.is_parked());
  EXPECT_EQ(driver.run.manual(true).size(), 1U);
  EXPECT_TRUE(driver.commands_of<command::RunEnded>().empty());
  EXPECT_TRUE(driver.approve("gate"));
  EXPECT_FALSE(driver.run.is_parked());
  EXPECT_EQ(driver.state("gate").opened_by, driver.alice);
  driver.pass("gate");
  EXPECT_EQ(driver.jobs(), "gate success, ship pending");
}

TEST(Run, AnOptionalManualJobLeavesTheRunPassedAndPlayable) {
  Driver driver(plan_of({"a", "b"}, {job("test", "a"), job("extra", "b").manual()}));
  driver.start_run();
  driver.pass("test");
  EXPECT_EQ(driver.jobs(), "test success, extra manual");
  EXPECT_EQ(driver.run.status(), Status::success);
  EXPECT_EQ(driver.run.manual(false).size(), 1U);
  EXPECT_TRUE(driver.run.manual(true).empty());
  EXPECT_TRUE(driver.approve("extra"));
  EXPECT_EQ(driver.run.status(), Status::running);
  driver.pass("extra");
  EXPECT_EQ(driver.commands_of<command::RunEnded>().size(), 2U);
}

TEST(Run, ARefusedGateFailsItsJobEvenWhereFailureIsAllowed) {
  Driver driver(plan_of({"a", "b"}, {job("gate", "a").manual(), job("ship", "b").needs({"gate"})}));
  driver.start_run();
  EXPECT_TRUE(driver.reject("gate"));
  EXPECT_EQ(driver.status("gate"), Status::failed);
  EXPECT_FALSE(driver.state("gate").warning);
  EXPECT_EQ(driver.state("gate").outcome->reason, EndReason::rejected);
  EXPECT_EQ(driver.run.status(), Status::failed);
  EXPECT_FALSE(driver.approve("gate"));
  EXPECT_TRUE(driver.retry("gate"));
  EXPECT_EQ(driver.status("gate"), Status::manual) << "a retry does not open the gate that was refused";
}

TEST(Run, ADelayedJobStartsWhenItsTimeHasCome) {
  Driver driver(plan_of({"a"}, {job("later", "a").delayed(5s)}));
  driver.start_run();
  const Instant due = driver.now + 5s;
  EXPECT_EQ(driver.status("later"), Status::scheduled);
  EXPECT_EQ(driver.commands_of<command::WakeAt>(), (std::vector<command::WakeAt>{{due}}));
  EXPECT_EQ(driver.run.next_due(), due);
  EXPECT_TRUE(driver.run.is_parked());
  driver.now = due - 1ms;
  driver.apply(event::TimeReached{});
  EXPECT_EQ(driver.status("later"), Status::scheduled);
  driver.now = due;
  driver.apply(event::TimeReached{});
  EXPECT_EQ(driver.status("later"), Status::pending);
  EXPECT_FALSE(driver.run.next_due());
}

TEST(Run, APersonMayStartADelayedJobAtOnce) {
  Driver driver(plan_of({"a"}, {job("later", "a").delayed(1h)}));
  driver.start_run();
  EXPECT_TRUE(driver.approve("later"));
  EXPECT_EQ(driver.status("later"), Status::pending);
}

TEST(Run, ACanceledRunWaitsForWhatRuns) {
  Driver driver(plan_of({"a", "b"}, {job("x", "a"), job("y", "a"), job("z", "b"), job("gate", "b").manual(true)}));
  driver.start_run();
  driver.start("x");
  EXPECT_TRUE(driver.cancel());
  EXPECT_EQ(driver.jobs(), "x canceling, y canceled, z canceled, gate canceled");
  EXPECT_EQ(driver.run.status(), Status::canceling);
  EXPECT_EQ(driver.commands_of<command::CancelJob>(), (std::vector<command::CancelJob>{{"x", 1}}));
  EXPECT_FALSE(driver.cancel("x"));
  driver.finish("x");
  EXPECT_EQ(driver.run.status(), Status::canceled);
  EXPECT_EQ(driver.state("x").outcome->reason, EndReason::canceled);
  EXPECT_FALSE(driver.cancel()) << "it has ended";
}

TEST(Run, TheFirstFailureCancelsTheRestWhereThePlanSaysSo) {
  auto plan = plan_of({"a", "b"}, {job("x", "a"), job("y", "a"), job("lint", "a").may_fail(), job("z", "b")});
  plan->auto_cancel.on_job_failure = true;
  Driver driver(plan);
  driver.start_run();
  driver.fail("lint");
  EXPECT_EQ(driver.jobs(), "x pending, y pending, lint failed*, z created");
  driver.start("y");
  driver.fail("x");
  EXPECT_EQ(driver.jobs(), "x failed, y canceling, lint failed*, z canceled");
  EXPECT_EQ(driver.state("z").outcome->detail, "canceled because `x` failed");
}

TEST(Run, AJobThatCouldNotBeStartedEndsFromPending) {
  Driver driver(plan_of({"a"}, {job("a", "a")}));
  driver.start_run();
  EXPECT_TRUE(driver.apply(event::JobFinished{"a", 1, {EndReason::runner_unsupported, {}, {}}}));
  EXPECT_EQ(driver.status("a"), Status::failed);
}

TEST(Run, AResourceGroupIsAskedForBeforeAndGivenBackAfter) {
  Driver driver(plan_of({"a", "b"}, {job("test", "a"), job("deploy", "b").resource("production")}));
  driver.start_run();
  EXPECT_EQ(driver.commands_of<command::AnnounceResource>().size(), 1U);
  driver.pass("test");
  EXPECT_EQ(driver.status("deploy"), Status::waiting_for_resource);
  EXPECT_TRUE(driver.run.is_parked());
  EXPECT_EQ(driver.run.status(), Status::waiting_for_resource);
  EXPECT_EQ(driver.commands_of<command::RequestResource>(),
            (std::vector<command::RequestResource>{{"deploy", "production"}}));
  EXPECT_TRUE(driver.apply(event::ResourceGranted{"deploy"}));
  EXPECT_FALSE(driver.apply(event::ResourceGranted{"deploy"}));
  EXPECT_TRUE(driver.commands_of<command::ReleaseResource>().empty());
  driver.pass("deploy");
  EXPECT_EQ(driver.commands_of<command::ReleaseResource>().size(), 1U);
}

TEST(Run, AJobCanceledWhileItWaitsForItsResourceGivesItsClaimUp) {
  Driver driver(plan_of({"a"}, {job("deploy", "a").resource("production")}));
  driver.start_run();
  driver.cancel();
  EXPECT_EQ(driver.commands_of<command::ReleaseResource>().size(), 1U);
}

TEST(Run, WhatDoesNotFitIsRefusedWithItsReason) {
  Driver driver(three_stages());
  driver.start_run();
  const auto refused = [&](decltype(Event::what) what) {
    EXPECT_FALSE(driver.apply(std::move(what)));
    return driver.refusal.message;
  };
  EXPECT_EQ(refused(event::Approved{"deploy", driver.alice, {}}),
            "`deploy` waits for earlier jobs, so there is no gate to open");
  EXPECT_EQ(refused(event::Rejected{"build", driver.alice, {}}),
            "`build` waits for a free slot, so there is no gate to refuse");
  EXPECT_EQ(refused(event::JobStarted{"test"}), "`test` waits for earlier jobs and cannot start");
  EXPECT_EQ(refused(event::RetryRequested{"test", driver.alice}),
            "`test` waits for earlier jobs and cannot be run again yet");
  EXPECT_FALSE(driver.approve("depoly"));
  EXPECT_EQ(driver.refusal.help, "did you mean `deploy`?");
}

TEST(Run, ExplainsWithNamesAndValues) {
  auto plan = plan_of({"a", "b", "c"}, {job("build", "a"), job("lint", "a").may_fail(),
                                        job("test", "b").needs({"build"}), job("ship", "c").manual(true)});
  plan->jobs[3].gate.confirmation = "Really?";
  Driver driver(plan);
  driver.start_run();
  driver.fail("lint", 7);
  using Lines = std::vector<std::string>;
  EXPECT_EQ(driver.run.explain(2), (Lines{"it needs `build`, and `build` waits for a free slot"}));
  EXPECT_EQ(driver.run.explain(1),
            (Lines{"a command of the job failed", "no job is in an earlier stage",
                   "its last attempt ended: a command of the job failed (script_failure, exit status 7)",
                   "that is allowed (allow_failure), so later jobs go on"}));
  driver.pass("build");
  driver.pass("test");
  EXPECT_EQ(driver.run.explain(3),
            (Lines{"the jobs of earlier stages passed", "later stages wait for it", "who opens it is asked: Really?"}));
  driver.apply(event::Approved{"ship", driver.alice, "go"});
  EXPECT_EQ(driver.run.explain(3)[1], "opened or asked for by Alice <alice@example.org>: go");
}

TEST(Run, NamesTheJobsWhoseRecordsMustBeWritten) {
  Driver driver(three_stages());
  driver.start_run();
  EXPECT_EQ(driver.run.take_changed(), (std::vector<size_t>{0}));
  driver.start("build");
  driver.finish("build");
  EXPECT_EQ(driver.run.take_changed(), (std::vector<size_t>{0, 1}));
  EXPECT_TRUE(driver.run.take_changed().empty());
}

TEST(Run, ACopyIsIndependent) {
  Driver driver(three_stages());
  driver.start_run();
  const penstock::Run copy = driver.run;
  EXPECT_EQ(copy, driver.run);
  driver.pass("build");
  EXPECT_FALSE(copy == driver.run);
  EXPECT_EQ(copy.status(), Status::pending);
}

}  // namespace
}  // namespace penstock
