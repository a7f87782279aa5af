#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "executor_sandbox/testing/sandbox_fixture.h"

namespace penstock::sandbox {
namespace {

using namespace std::string_literals;
using std::chrono::milliseconds;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

/// What every rung promises.
class Contract : public testing::TestWithParam<Rung> {
 protected:
  void SetUp() override {
    if (!fixture_.stands()) GTEST_SKIP() << "this machine refuses the rung " << name_of(GetParam());
  }

  SandboxFixture fixture_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Rungs, Contract, testing::Values(Rung::root, Rung::user_namespace, Rung::copy), rung_in_name);

TEST_P(Contract, AJobSeesItsCommitAsTheLayersHaveIt) {
  const Outcome outcome = fixture_.run("cat file deep/folder/leaf .git/HEAD; ls -A");
  EXPECT_EQ(outcome.output, "thin\nleaf\nref: refs/heads/main\n.git\ndeep\nfile\n");
  EXPECT_EQ(outcome.end.how, ShellEnd::How::exited);
  EXPECT_EQ(outcome.end.code, 0);
}

TEST_P(Contract, EachJobStartsPristine) {
  EXPECT_EQ(fixture_.run("echo more >> file; mkdir made; mv deep moved; rm .git/HEAD; cat file").output,
            "thin\nmore\n");
  EXPECT_EQ(fixture_.run("cat file; ls -A").output, "thin\n.git\ndeep\nfile\n");
}

TEST_P(Contract, AHostileJobChangesNeitherTheWorkTreeNorTheRepositoryNorTheLayers) {
  fixture_.run("rm -rf ./* .git; echo x > kept; mkdir -p .git/objects; echo x > .git/objects/real; echo y > file");
  fixture_.run("echo x >> .git/borrowed/real; rm -f .git/borrowed/real; chmod 777 .git/borrowed");
  EXPECT_EQ(*os::read_file(fixture_.project() / "kept"), "real\n");
  EXPECT_EQ(*os::read_file(fixture_.project() / ".git/objects/real"), "object\n");
  EXPECT_EQ(*os::read_file(fixture_.folder() / "layers/thin/tree/file"), "thin\n");
  EXPECT_EQ(*os::read_file(fixture_.folder() / "layers/base/tree/file"), "base\n");
  EXPECT_EQ(fixture_.run("cat file").output, "thin\n");
}

TEST_P(Contract, ThePathOfTheProjectStaysTheSameFromJobToJob) {
  const std::string first = fixture_.run("pwd; pwd -P").output;
  EXPECT_EQ(fixture_.run("pwd; pwd -P").output, first);
  const std::string folder = fixture_.open()->project_folder();
  EXPECT_EQ(first, folder + "\n" + folder + "\n");
  if (GetParam() != Rung::copy) {
    EXPECT_EQ(folder, fixture_.project().string());
  }
}

TEST_P(Contract, WhatTheJobMakesIsReachedThroughTheRoomsDescriptors) {
  std::unique_ptr<Room> room = fixture_.open();
  fixture_.run(*room, "mkdir out; echo made > out/new; echo private > $TMPDIR/note");
  for (auto [folder, path] : {std::pair(room->project_fd(), "out/new"), {room->temporary_fd(), "note"}}) {
    struct stat status {};
    EXPECT_EQ(::fstatat(folder, path, &status, 0), 0) << path;
  }
  EXPECT_EQ(fixture_.run(*room, "cat out/new").output, "made\n");
}

TEST_P(Contract, OutputComesWholeAndInOrder) {
  const Outcome outcome = fixture_.run("for i in $(seq 20000); do echo $i; echo $i >&2; done; printf 'no end of line'");
  std::string expected;
  for (int i = 1; i <= 20000; ++i) expected += std::to_string(i) + "\n" + std::to_string(i) + "\n";
  EXPECT_TRUE(outcome.output == expected + "no end of line");
}

TEST_P(Contract, OutputMayBeAnyBytes) {
  const Outcome outcome = fixture_.run(R"(printf '\000\377\001\n\r\033[0m')");
  EXPECT_EQ(outcome.output, std::string("\0\377\1\n\r\033[0m", 9));
}

TEST_P(Contract, ALongScriptRunsToItsEnd) {
  std::string script = "x=0\n";
  while (script.size() < (size_t{1} << 20)) script += "x=$((x + 1))  # a line of a long script\n";
  const Outcome outcome = fixture_.run(script + "echo $x; read -r line || echo no input; ls -A");
  const auto lines = std::count(script.begin(), script.end(), '\n') - 1;
  EXPECT_EQ(outcome.output, std::to_string(lines) + "\nno input\n.git\ndeep\nfile\n");
}

TEST_P(Contract, ExitStatusesAndSignalsAreTold) {
  EXPECT_EQ(fixture_.run("exit 37").end.code, 37);
  EXPECT_EQ(fixture_.run("no-such-command-at-all").end.code, 127);
  const Outcome outcome = fixture_.run("kill -SEGV $$");
  EXPECT_EQ(outcome.end.how, ShellEnd::How::signaled);
  EXPECT_EQ(outcome.end.code, SIGSEGV);
}

TEST_P(Contract, SignalsAreAtTheirDefaultsInAJob) {
  const std::string output = fixture_.run("grep -E 'SigBlk|SigIgn' /proc/self/status | cut -f2 | tr '\\n' ' '").output;
  // The C library's posix_spawn ignores its two internal signals, 32 and 33.
  EXPECT_THAT(output, testing::AnyOf("0000000000000000 0000000000000000 ", "0000000000000000 0000000180000000 "));
}

TEST_P(Contract, NoDescriptorOfOursReachesAJob) {
  EXPECT_EQ(fixture_.run("exec ls /proc/self/fd").output, "0\n1\n2\n3\n");
}

TEST_P(Contract, TheTemporaryFolderIsTheJobsOwnAndShort) {
  std::unique_ptr<Room> first = fixture_.open();
  std::unique_ptr<Room> second = fixture_.open();
  EXPECT_NE(first->temporary_folder(), second->temporary_folder());
  EXPECT_LT(first->temporary_folder().size(), 40U);
  EXPECT_EQ(fixture_.run(*first, "echo $TMPDIR; touch $TMPDIR/mine; stat -c %a $TMPDIR").output,
            first->temporary_folder() + "\n700\n");
  EXPECT_EQ(fixture_.run(*second, "ls -A $TMPDIR").output, "");
}

// OpenSSH refuses included files of the system that belong neither to root nor to the caller.
TEST_P(Contract, TheSystemsSshConfigurationIsOneThatSshAccepts) {
  const Outcome outcome = fixture_.run(R"sh(
for file in /etc/ssh/ssh_config.d /etc/ssh/ssh_config.d/*; do
  owner=$(stat -Lc %u "$file" 2>/dev/null) || continue
  test "$owner" = 0 || test "$owner" = "$(id -u)" || echo "$file is of $owner"
  test -z "$(find -L "$file" -prune -perm /022)" || echo "$file can be changed by others"
done
ssh -G example.org 2>&1 | grep 'Bad owner')sh");
  EXPECT_EQ(outcome.output, "");
}

TEST_P(Contract, WhatIsLeftRunningIsEndedAndNamed) {
  std::unique_ptr<Room> room = fixture_.open();
  const std::string mark = "mark" + std::to_string(::getpid());
  const std::string stay = " bash -c 'touch $TMPDIR/$0; while :; do sleep 0.1; done' " + mark;
  const Outcome outcome =
      fixture_.run(*room, stay + "a & (setsid" + stay + "b >/dev/null 2>&1 &); until [ -e $TMPDIR/" + mark +
                              "a -a -e $TMPDIR/" + mark + "b ]; do :; done; echo done");
  EXPECT_EQ(outcome.output, "done\n");
  EXPECT_THAT(outcome.end.killed, Contains(testing::EndsWith(mark + "a")));
  EXPECT_THAT(outcome.end.killed, Contains(testing::EndsWith(mark + "b")));
  EXPECT_EQ(processes_with(mark), 0U);
  EXPECT_THAT(fixture_.run(*room, "true").end.killed, IsEmpty());
}

TEST_P(Contract, AShellThatRunsTooLongIsEndedAfterItsGrace) {
  std::unique_ptr<Room> room = fixture_.open();
  ShellRequest request = fixture_.request(*room, "echo started; sleep 600");
  request.timeout = milliseconds(200);
  Outcome outcome = fixture_.run(*room, request, Cancel());
  EXPECT_EQ(outcome.end.how, ShellEnd::How::timed_out);
  EXPECT_EQ(outcome.output.substr(0, 8), "started\n");
  request.script = "trap '' TERM; while :; do sleep 600; done";
  request.grace = milliseconds(50);
  EXPECT_EQ(fixture_.run(*room, request, Cancel()).end.how, ShellEnd::How::timed_out);
}

TEST_P(Contract, ACancelledShellMayCleanUpAndTheRoomServesOn) {
  std::unique_ptr<Room> room = fixture_.open();
  Cancel cancel;
  Outcome outcome;
  ShellRequest request =
      fixture_.request(*room, "trap 'echo cleaned; exit 3' TERM; echo ready; while :; do sleep 0.01; done");
  Result<ShellEnd> end = room->run(
      request,
      [&](std::string_view piece) {
        outcome.output += piece;
        if (outcome.output == "ready\n") cancel.request(Cancel::Level::graceful);
      },
      cancel);
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(end->how, ShellEnd::How::canceled);
  EXPECT_THAT(outcome.output, HasSubstr("cleaned\n"));
  const Cancel kill_only(cancel, Cancel::Level::kill);
  outcome = fixture_.run(*room, fixture_.request(*room, "echo after"), kill_only);
  EXPECT_EQ(outcome.output, "after\n");
  EXPECT_EQ(outcome.end.how, ShellEnd::How::exited);
}

TEST_P(Contract, AKillEndsAShellAtOnceWhateverItTraps) {
  std::unique_ptr<Room> room = fixture_.open();
  Cancel cancel;
  ShellRequest request = fixture_.request(*room, "trap '' TERM INT; echo ready; while :; do sleep 600; done");
  Result<ShellEnd> end = room->run(
      request, [&](std::string_view) { cancel.request(Cancel::Level::kill); }, cancel);
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(end->how, ShellEnd::How::canceled);
}

TEST_P(Contract, ItsUseOfMemoryAndTimeIsMeasured) {
  std::unique_ptr<Room> room = fixture_.open();
  fixture_.run(
      *room,
      "head -c 50000000 /dev/zero | tail -c 50000000 > /dev/null; i=0; while ((i < 20000)); do ((i += 1)); done");
  EXPECT_GT(room->usage().peak_memory, 40'000'000U);
  EXPECT_GT(room->usage().cpu_time.count(), 0);
}

TEST_P(Contract, AShellStartsWhereItIsTold) {
  std::unique_ptr<Room> room = fixture_.open();
  ShellRequest request = fixture_.request(*room, "pwd");
  request.directory = room->project_folder() + "/deep/folder";
  EXPECT_EQ(fixture_.run(*room, request, Cancel()).output, request.directory + "\n");
  request.directory = "/no/such/folder";
  Result<ShellEnd> end = room->run(
      request, [](std::string_view) {}, Cancel());
  ASSERT_FALSE(end.ok());
  EXPECT_THAT(end.error().message, HasSubstr("/no/such/folder"));
  EXPECT_EQ(fixture_.run(*room, "echo still serves").output, "still serves\n");
}

TEST_P(Contract, RoomsOfSeveralThreadsDontMeet) {
  std::vector<std::thread> threads;
  std::vector<std::string> outputs(4);
  for (size_t i = 0; i < outputs.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 5; ++round) {
        outputs[i] += fixture_.run("echo " + std::to_string(i) + " >> file; tr '\\n' ' ' < file").output;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < outputs.size(); ++i) {
    std::string expected;
    for (int round = 0; round < 5; ++round) expected += "thin " + std::to_string(i) + " ";
    EXPECT_EQ(outputs[i], expected);
  }
}

TEST_P(Contract, NothingIsLeftWhenTheExecutorIsGone) {
  std::string temporary;
  {
    std::unique_ptr<Room> room = fixture_.open();
    temporary = room->temporary_folder();
    fixture_.run(*room, "mkdir -p a/b/c; touch a/b/c/d $TMPDIR/e; chmod 0 a/b");
  }
  fixture_.stop();
  EXPECT_FALSE(std::filesystem::exists(temporary));
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::path(temporary).parent_path()));
  EXPECT_TRUE(std::filesystem::is_empty(fixture_.state() / "rooms"));
  EXPECT_FALSE(std::filesystem::exists(fixture_.state() / "copies/1"));
  Result<std::string> mounts = os::read_file("/proc/self/mountinfo");
  EXPECT_EQ(mounts->find(fixture_.folder().string()), std::string::npos);
}

}  // namespace
}  // namespace penstock::sandbox
