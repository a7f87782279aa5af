#include "executor_sandbox/sandbox_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "executor_sandbox/testing/sandbox_fixture.h"
#include "os/environment.h"
#include "os/machine.h"
#include "os/process.h"

namespace penstock::sandbox {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// What only namespaces can promise.
class Namespaces : public testing::TestWithParam<Rung> {
 protected:
  void SetUp() override {
    if (!fixture_.stands()) GTEST_SKIP() << "this machine refuses the rung " << name_of(GetParam());
  }

  SandboxFixture fixture_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Rungs, Namespaces, testing::Values(Rung::root, Rung::user_namespace),
                         [](const testing::TestParamInfo<Rung>& rung) {
                           return std::string(rung.param == Rung::root ? "root" : "user_namespace");
                         });

TEST_P(Namespaces, AJobSeesOnlyItsOwnProcesses) {
  const std::string first = fixture_.run("cat /proc/1/comm; ls /proc | grep -c '^[0-9]'").output;
  // init, bash, ls, and grep, which may not have begun or be about to: never those of the machine.
  EXPECT_THAT(first, testing::AnyOf("ci-sandbox\n3\n", "ci-sandbox\n4\n", "ci-sandbox\n5\n"));
}

TEST_P(Namespaces, WithoutANetworkThereIsALoopback) {
  SandboxOptions options = fixture_.options();
  options.network = false;
  fixture_.restart(std::move(options));
  const Outcome outcome = fixture_.run(
      "cd /sys/class/net 2>/dev/null; cat /proc/net/dev | tail -n +3 | cut -d: -f1 | tr -d ' ';"
      "(exec 3<>/dev/tcp/127.0.0.1/9) 2>&1 | grep -o 'Connection refused' | head -1");
  EXPECT_THAT(outcome.output, HasSubstr("lo\n"));
  EXPECT_THAT(outcome.output, testing::Not(HasSubstr("eth")));
  EXPECT_THAT(outcome.output, HasSubstr("Connection refused\n"));  // and not "Network is unreachable"
}

TEST_P(Namespaces, AnActiveVirtualEnvironmentInTheProjectStaysFromJobToJob) {
  fs::create_directories(fixture_.project() / ".venv/bin");
  SandboxOptions options = fixture_.options();
  options.caller["VIRTUAL_ENV"] = fixture_.project() / ".venv";
  fixture_.restart(std::move(options));
  fixture_.run("echo installed > .venv/bin/tool; echo $VIRTUAL_ENV > $VIRTUAL_ENV/where");
  EXPECT_EQ(fixture_.run("cat .venv/bin/tool .venv/where; ls -A").output,
            "installed\n" + (fixture_.project() / ".venv").string() + "\n.git\n.venv\ndeep\nfile\n");
  EXPECT_EQ(*os::read_file(fixture_.project() / ".venv/bin/tool"), "installed\n");
}

TEST_P(Namespaces, AProjectBelowALinkIsEnteredByTheNameThatTheUserKnows) {
  const fs::path link = fixture_.folder() / "link";
  fs::create_directory_symlink(fixture_.folder(), link);
  JobSpec spec = fixture_.spec();
  spec.repository = link / "project";
  std::unique_ptr<Room> room = fixture_.open(spec);
  EXPECT_EQ(room->project_folder(), spec.repository);
  EXPECT_EQ(fixture_.run(*room, "pwd; pwd -P; cat file").output,
            spec.repository + "\n" + fixture_.project().string() + "\nthin\n");
}

TEST_P(Namespaces, LayersAndOtherRoomsOutsideOfTheProjectAreOutOfReach) {
  const std::string script =
      "ls -A " + (fixture_.folder() / "layers").string() + " " + (fixture_.state() / "rooms").string();
  EXPECT_EQ(fixture_.run(script).output,
            (fixture_.folder() / "layers").string() + ":\n\n" + (fixture_.state() / "rooms").string() + ":\n");
}

TEST_P(Namespaces, ARepositoryOutsideOfTheProjectCantBeChanged) {
  const fs::path common = fixture_.folder() / "common";
  fs::create_directories(common / "objects");
  SandboxOptions options = fixture_.options();
  options.sources = [inner = options.sources, common](const JobSpec& spec) -> Result<SandboxSources> {
    PENSTOCK_TRY(SandboxSources sources, inner(spec));
    sources.read_only = {common};
    return sources;
  };
  fixture_.restart(std::move(options));
  fixture_.run("rmdir " + (common / "objects").string() + "; touch " + (common / "new").string());
  EXPECT_TRUE(fs::exists(common / "objects"));
  EXPECT_FALSE(fs::exists(common / "new"));
  EXPECT_EQ(fixture_.run("cat file").output, "thin\n");
}

TEST_P(Namespaces, ARoomIsUsedAgainOnlyWhereNothingWasLeft) {
  // More than once: a mount that somebody makes on the machine meanwhile shows in the room, which then isn't used
  // again. Several are opened to see: a spare one may come before the one that was used.
  const auto may_be_used_again_after = [this](const std::string& script, int attempts) {
    for (int attempt = 0; attempt < attempts; ++attempt) {
      std::unique_ptr<Room> room = fixture_.open();
      const std::string used = room->temporary_folder();
      fixture_.run(*room, script);
      room.reset();
      std::vector<std::unique_ptr<Room>> opened;
      for (int i = 0; i < 4; ++i) opened.push_back(fixture_.open());
      for (const auto& again : opened) {
        if (again->temporary_folder() == used) return true;
      }
    }
    return false;
  };
  EXPECT_TRUE(may_be_used_again_after("echo nothing", 100));
  EXPECT_FALSE(may_be_used_again_after("touch made", 2));
  EXPECT_TRUE(may_be_used_again_after("cat file", 100));
  EXPECT_TRUE(may_be_used_again_after("touch $TMPDIR/made && rm $TMPDIR/made", 100));  // as a script's marker is
  EXPECT_FALSE(may_be_used_again_after("chmod 755 $TMPDIR", 2));
  EXPECT_EQ(fixture_.run("ls -A; ls -A $TMPDIR").output, ".git\ndeep\nfile\n");
}

TEST_P(Namespaces, WhatARecycledRoomUsedIsCountedAnew) {
  fixture_.run("head -c 400000000 /dev/zero | tail -c 400000000 > /dev/null");
  std::unique_ptr<Room> room = fixture_.open();
  fixture_.run(*room, "true");
  // Linux counts for a process what its starter held before it became another program: much, under a sanitizer.
  EXPECT_LT(room->usage().peak_memory, 300'000'000U);
}

TEST_P(Namespaces, APathLongerThanTheSystemsLimitCanBeWritten) {
  const std::string name(250, 'd');
  const Outcome outcome =
      fixture_.run("for i in {1..20}; do mkdir " + name + " && cd " + name + " || exit 1; done; touch x; echo done");
  EXPECT_EQ(outcome.output, "done\n");
}

TEST_P(Namespaces, AfterAKillOfTheProgramNothingStays) {
  fixture_.stop();
  const std::string mark = "killed-mark-" + std::to_string(::getpid());
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    fixture_.restart(fixture_.options());
    std::unique_ptr<Room> room = fixture_.open();
    (void)room
        ->run(
            SandboxFixture::request(
                *room, "mkdir d; touch d/e; exec -a " + mark + " sh -c 'echo up; while :; do sleep 0.1; done' " + mark),
            [&](std::string_view) { (void)!::write(ready[1], "x", 1); }, Cancel())
        .ok();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_GE(processes_with(mark), 1U);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  SandboxExecutor::sweep(fixture_.state());  // as the next start does: from here on the job may run again
  EXPECT_EQ(processes_with(mark), 0U);
  EXPECT_TRUE(fs::is_empty(fixture_.state() / "rooms"));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(SandboxExecutor, TheNextStartSweepsWhatTheDeadLeftAndSparesTheLiving) {
  SandboxFixture fixture(Rung::copy);
  std::unique_ptr<Room> living = fixture.open();
  const fs::path dead = fixture.state() / "rooms/dead";
  fs::create_directories(dead / "1-upper/x");
  std::string temporary = "/tmp/penstock-test-XXXXXX";
  ASSERT_NE(::mkdtemp(temporary.data()), nullptr);
  fs::create_directory_symlink(temporary, dead / "temporary");
  SandboxExecutor::sweep(fixture.state());
  EXPECT_FALSE(fs::exists(dead));
  EXPECT_FALSE(fs::exists(temporary));
  EXPECT_TRUE(fs::exists(living->project_folder()));
  EXPECT_TRUE(fs::exists(living->temporary_folder()));
}

TEST(SandboxExecutor, TheProbeSaysWhyItIsNotHigher) {
  SandboxFixture fixture(Rung::copy);
  Result<ProbeReport> report = fixture.executor().probe();
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->rung, Rung::copy);
  const RungRefusal refusal = explain(Rung::user_namespace, "mount an overlay", EPERM);
  EXPECT_THAT(refusal.meaning, HasSubstr("AppArmor"));
  EXPECT_THAT(refusal.fix, HasSubstr("sysctl"));
}

TEST(SandboxExecutor, ACopyCantDoWithoutANetwork) {
  SandboxFixture fixture(Rung::copy);
  SandboxOptions options = fixture.options();
  options.network = false;
  fixture.restart(std::move(options));
  Result<std::unique_ptr<Room>> room = fixture.executor().open(fixture.spec());
  ASSERT_FALSE(room.ok());
  EXPECT_THAT(room.error().message, HasSubstr("--network=none"));
}

TEST(SandboxExecutor, AnImageIsAnErrorOfTheUsersWithStrict) {
  SandboxFixture fixture(Rung::copy);
  SandboxOptions options = fixture.options();
  options.strict = true;
  fixture.restart(std::move(options));
  JobSpec spec = fixture.spec();
  spec.image = Image{};
  spec.image->name = "ruby:3.3";
  Result<std::unique_ptr<Room>> room = fixture.executor().open(spec);
  ASSERT_FALSE(room.ok());
  EXPECT_EQ(room.error().fault, Fault::user);
  EXPECT_THAT(room.error().message, HasSubstr("ruby:3.3"));
}

/// The contract again as an ordinary user, who stands on the middle rung by right.
TEST(SandboxExecutor, AnOrdinaryUserGetsTheSame) {
#ifdef __SANITIZE_THREAD__
  // Its runtime starts a thread in each forked child, and Linux lets no process with threads enter a user namespace.
  GTEST_SKIP() << "the thread sanitizer stands in the way of user namespaces";
#endif
  if (::geteuid() != 0) GTEST_SKIP() << "the other tests run as an ordinary user already";
  if (!os::find_program("setpriv")) GTEST_SKIP() << "setpriv isn't installed";
  Result<os::TempFolder> folder = os::TempFolder::make();
  ASSERT_TRUE(folder.ok());
  const fs::path program = folder->path() / "executor_sandbox_test";  // where that user can reach it
  fs::copy_file("/proc/self/exe", program);
  ASSERT_EQ(::chmod(folder->path().c_str(), 0755), 0);
  fs::create_directory(folder->path() / "home");
  ASSERT_EQ(::chown((folder->path() / "home").c_str(), 54321, 54321), 0);
  os::RunOptions options;
  options.environment = os::current_environment();
  (*options.environment)["TMPDIR"] = folder->path() / "home";
  (*options.environment)["HOME"] = folder->path() / "home";
  options.folder = folder->path();
  Result<os::RunResult> result =
      os::run({"setpriv", "--reuid=54321", "--regid=54321", "--clear-groups", program, "--gtest_brief=1",
               "--gtest_filter=*Contract*user_namespace:*Namespaces*user_namespace"},
              options);
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_TRUE(result->status.ok()) << result->output << result->errors;
  EXPECT_THAT(result->output, testing::Not(HasSubstr("SKIPPED"))) << "an ordinary user is refused user namespaces here";
}

}  // namespace
}  // namespace penstock::sandbox
