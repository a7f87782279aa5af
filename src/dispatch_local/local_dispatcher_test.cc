#include "dispatch_local/local_dispatcher.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "blobs/folder_blob_store.h"
#include "coordinator/coordinator.h"
#include "coordinator/observer.h"
#include "coordinator/poll_waiter.h"
#include "dispatch_local/last_line.h"
#include "engine/testing/driver.h"
#include "os/clock.h"
#include "os/files.h"
#include "plan/plan.h"
#include "protocol/job_spec.h"
#include "runner/runner.h"
#include "runner/testing/fake_executor.h"
#include "store/state_folder.h"

namespace penstock {
namespace {

using testing::job;
using testing::JobBuilder;
using testing::plan_of;

JobBuilder script(JobBuilder builder, const std::string& line) {
  builder.job.steps = {ScriptStep{{line}}};
  return builder;
}

class LocalDispatcherTest : public ::testing::Test {
 protected:
  os::TempFolder folder_ = os::TempFolder::make().value();
  StateFolder state_ = open_state_folder(folder_.path()).value();
  std::unique_ptr<BlobStore> blobs_ = open_folder_blob_store(folder_.path() / "blobs").value();
  FakeExecutor executor_;
  os::SystemClock clock_;
  Runner runner_{executor_, *blobs_, clock_};
  LocalDispatcherOptions options_{
      .slots = 2, .secret = {}, .output = {}, .failed = {}, .rollout = {}, .trigger = {}, .sweep = {}, .rest = {}};

  std::unique_ptr<LocalDispatcher> dispatcher() {
    return std::make_unique<LocalDispatcher>(runner_, *blobs_, *state_.logs, *state_.store, clock_, options_);
  }

  Result<DriveEnd> run(const std::shared_ptr<const Plan>& plan) {
    const std::unique_ptr<LocalDispatcher> local = dispatcher();
    PollWaiter waiter(clock_);
    Observer observer;
    Coordinator coordinator({*state_.store, *state_.leases, *state_.logs, *local, waiter, clock_, observer});
    NewRun run;
    run.at = clock_.now();
    run.plan = plan;
    return coordinator.drive(state_.store->create(run).value(), {});
  }

  std::string log_of(const std::string& job) {
    const AttemptRecord attempt = *state_.store->last_attempt(1, job).value();
    return state_.logs->open(1, attempt.id).value()->read(0, 1 << 20).value();
  }

  static JobSpec spec(int64_t id, const std::string& line) {
    JobSpec spec;
    spec.run = 1;
    spec.id = id;
    spec.job = "job" + std::to_string(id);
    spec.repository = "/home/ana/app";
    spec.steps = {ScriptStep{{line}}};
    return spec;
  }

  static std::vector<FinishedAttempt> await(LocalDispatcher& local, size_t count) {
    std::vector<FinishedAttempt> all;
    while (all.size() < count) {
      pollfd bell{local.fd(), POLLIN, 0};
      ::poll(&bell, 1, -1);
      for (FinishedAttempt& finished : local.take_finished()) all.push_back(std::move(finished));
    }
    return all;
  }
};

TEST_F(LocalDispatcherTest, CarriesARunFromItsFirstJobToItsLast) {
  const Result<DriveEnd> end =
      run(plan_of({"build", "test", "ship"},
                  {script(job("compile", "build"), "echo compiled"), script(job("unit", "test"), "echo tested"),
                   script(job("lint", "test"), "echo linted"), script(job("deploy", "ship"), "echo shipped")}));
  ASSERT_TRUE(end.ok()) << end.error().message;
  EXPECT_EQ(end->status, Status::success);
  EXPECT_NE(log_of("compile").find("compiled\n"), std::string::npos) << log_of("compile");
  EXPECT_NE(log_of("deploy").find("shipped\n"), std::string::npos);
  EXPECT_EQ(executor_.rooms_standing(), 0);
}

TEST_F(LocalDispatcherTest, HandsArtifactsFromJobToJob) {
  JobBuilder maker = script(job("make", "build"), "echo content > made.txt");
  maker.job.artifacts.paths = {"made.txt"};
  const Result<DriveEnd> end = run(plan_of({"build", "test"}, {maker, script(job("use", "test"), "cat made.txt")}));
  ASSERT_TRUE(end.ok()) << end.error().message;
  EXPECT_EQ(end->status, Status::success);
  EXPECT_NE(log_of("use").find("content\n"), std::string::npos) << log_of("use");
  EXPECT_EQ(state_.store->artifacts(1, "make").value().size(), 1u);
}

TEST_F(LocalDispatcherTest, CarriesOutARolloutBesideItsSlots) {
  options_.slots = 1;
  std::promise<void> go;
  options_.rollout = [&](const JobSpec& spec, const Cancel&, const std::function<void(std::string_view)>& tell) {
    tell(spec.environment->name + " is live\n");
    go.get_future().wait();
    FinishedAttempt attempt{spec.id, {}};
    attempt.result.outcome.reason = EndReason::passed;
    return attempt;
  };
  const std::unique_ptr<LocalDispatcher> local = dispatcher();
  JobSpec rollout = spec(7, "");
  rollout.steps.clear();
  rollout.rollout = JobRollout();
  rollout.environment = Environment{"staging", "", "start", "", "", ""};
  local->start(rollout);
  EXPECT_EQ(local->free_slots(), 1) << "it waits more than it works";
  local->start(spec(8, "true"));
  EXPECT_EQ(local->free_slots(), 0);
  go.set_value();
  std::set<int64_t> ended;
  while (ended.size() < 2) {
    for (const FinishedAttempt& attempt : await(*local, 1)) {
      EXPECT_EQ(attempt.result.outcome.reason, EndReason::passed) << attempt.result.outcome.detail;
      ended.insert(attempt.id);
    }
  }
  EXPECT_EQ(local->free_slots(), 1);
  EXPECT_EQ(state_.logs->open(1, 7).value()->read(0, 100).value(), "staging is live\n");
}

TEST_F(LocalDispatcherTest, TellsWhatFailed) {
  const Result<DriveEnd> end = run(plan_of({"test"}, {script(job("unit", "test"), "exit 3")}));
  ASSERT_TRUE(end.ok()) << end.error().message;
  EXPECT_EQ(end->status, Status::failed);
  EXPECT_EQ(state_.store->last_attempt(1, "unit").value()->result->outcome.exit_code, 3);
}

TEST_F(LocalDispatcherTest, RunsAsManyAtOnceAsItHasSlots) {
  const std::unique_ptr<LocalDispatcher> local = dispatcher();
  EXPECT_EQ(local->free_slots(), 2);
  // Each waits for the other's file: they end only if they run at the same time.
  const std::string here = folder_.path().native();
  const auto meets = [&](const char* mine, const char* other) {
    return "touch " + here + "/" + mine + "; until [ -e " + here + "/" + other + " ]; do sleep 0.01; done";
  };
  local->start(spec(1, meets("a", "b")));
  local->start(spec(2, meets("b", "a")));
  EXPECT_EQ(local->free_slots(), 0);
  for (const FinishedAttempt& finished : await(*local, 2)) EXPECT_EQ(finished.result.outcome.reason, EndReason::passed);
  EXPECT_EQ(local->free_slots(), 2);
}

TEST_F(LocalDispatcherTest, StopsAnAttemptThatIsAskedTo) {
  std::atomic<bool> began = false;
  options_.output = [&](int64_t, std::string_view piece) {
    if (piece.find("began") != std::string_view::npos) began = true, began.notify_all();
  };
  const std::unique_ptr<LocalDispatcher> local = dispatcher();
  local->start(spec(1, "echo be''gan; sleep 1000"));
  began.wait(false);
  local->stop(1, Dispatcher::Stop::graceful);
  local->stop(77, Dispatcher::Stop::graceful);  // unknown: nothing happens
  EXPECT_EQ(await(*local, 1)[0].result.outcome.reason, EndReason::canceled);
}

TEST_F(LocalDispatcherTest, LeavesNothingRunningWhenItGoes) {
  std::atomic<bool> began = false;
  options_.output = [&](int64_t, std::string_view piece) {
    if (piece.find("began") != std::string_view::npos) began = true, began.notify_all();
  };
  std::unique_ptr<LocalDispatcher> local = dispatcher();
  local->start(spec(1, "echo be''gan; sleep 1000"));
  began.wait(false);
  local.reset();
  EXPECT_EQ(executor_.rooms_standing(), 0);
}

TEST_F(LocalDispatcherTest, GivesJobsTheSecretsThatTheyName) {
  options_.secret = [](std::string_view name) { return Result<std::string>("value of " + std::string(name)); };
  const std::unique_ptr<LocalDispatcher> local = dispatcher();
  JobSpec wants = spec(1, "[ \"$TOKEN\" = \"value of TOKEN\" ]");
  wants.variables = {{.name = "TOKEN", .value = {}, .secret = true}};
  local->start(wants);
  EXPECT_EQ(await(*local, 1)[0].result.outcome.reason, EndReason::passed);
}

TEST(LastLine, IsTheLastOneThatIsNotEmpty) {
  LastLine line;
  EXPECT_EQ(line.get(), "");
  line.append("one\ntw");
  EXPECT_EQ(line.get(), "tw");
  line.append("o\n\n");
  EXPECT_EQ(line.get(), "two");
  line.append("10 %\r50 %\r");
  EXPECT_EQ(line.get(), "50 %");
}

TEST(LastLine, SurvivesPiecesOfAnySize) {
  LastLine line;
  for (int i = 0; i < 1000; ++i) line.append("line " + std::to_string(i) + "\n");
  EXPECT_EQ(line.get(), "line 999");
  line.append(std::string(1 << 20, 'x') + "\nend\n");
  EXPECT_EQ(line.get(), "end");
  line.append(std::string(1 << 20, 'y'));
  EXPECT_EQ(line.get(), std::string(1024, 'y'));
}

}  // namespace
}  // namespace penstock
