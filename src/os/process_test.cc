#include "os/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "os/files.h"

namespace penstock::os {
namespace {

Result<RunResult> shell(const std::string& script, RunOptions options = {}) {
  return run({"/bin/sh", "-c", script}, options);
}

TEST(Run, CapturesBothOutputsAndTheExitStatus) {
  RunResult result = shell("echo out; echo err >&2; exit 3").value();
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.errors, "err\n");
  EXPECT_EQ(result.status.code, 3);
  EXPECT_FALSE(result.status.ok());
  EXPECT_EQ(to_words(result.status), "exit status 3");
}

TEST(Run, TellsTheSignalThatEndedAProgram) {
  RunResult result = shell("kill -TERM $$").value();
  EXPECT_EQ(result.status.signal, SIGTERM);
  EXPECT_EQ(to_words(result.status), "killed by SIGTERM");
}

TEST(Run, FeedsMoreThanAPipeHoldsWhileReading) {
  RunOptions options;
  options.input.assign(3'000'000, 'x');
  EXPECT_EQ(run({"cat"}, options).value().output, options.input);
}

TEST(Run, AProgramMayLeaveItsInputUnread) {
  RunOptions options;
  options.input.assign(3'000'000, 'x');
  EXPECT_EQ(shell("exec <&-; echo done", options).value().output, "done\n");
}

TEST(Run, OutputOverTheLimitIsAnErrorAndErrorsAreCut) {
  RunOptions options;
  options.output_limit = 1000;
  EXPECT_FALSE(shell("yes", options).ok());
  options.errors_limit = 5;
  EXPECT_EQ(shell("echo 1234567890 >&2", options).value().errors, "12345");
}

TEST(Run, AProgramThatTakesTooLongIsKilled) {
  RunOptions options;
  options.timeout = Duration(20);
  auto result = shell("exec sleep 1000", options);
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("took longer"), std::string::npos);
  EXPECT_FALSE(shell("exec >&- 2>&-; exec sleep 1000", options).ok());
}

TEST(Run, TheEnvironmentIsExactlyTheGivenOne) {
  RunOptions options;
  options.environment = Environment{{"PATH", "/usr/bin:/bin"}, {"A", "b=c\nd"}};
  EXPECT_EQ(run({"env", "-0"}, options).value().output, std::string("A=b=c\nd\0PATH=/usr/bin:/bin\0", 27));
}

TEST(Run, StartsInTheGivenFolder) {
  TempFolder folder = TempFolder::make().value();
  RunOptions options;
  options.folder = folder.path();
  EXPECT_EQ(run({"pwd", "-P"}, options).value().output, std::filesystem::canonical(folder.path()).native() + "\n");
}

TEST(Run, AMissingProgramIsTheMachinesFault) {
  auto result = run({"penstock-no-such-program"});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().fault, Fault::machine);
  EXPECT_NE(result.error().message.find("penstock-no-such-program"), std::string::npos);
  EXPECT_FALSE(run({"/no/such/program"}).ok());
  EXPECT_FALSE(run({}).ok());
}

TEST(Process, TalksThroughPipesUntilItsInputEnds) {
  ProcessOptions options;
  options.input = Stream::pipe;
  options.output = Stream::pipe;
  Process cat = Process::start({"cat"}, options).value();
  ASSERT_TRUE(write_all(cat.input.get(), "hello").ok());
  char answer[5];
  ASSERT_EQ(::read(cat.output.get(), answer, 5), 5);
  EXPECT_EQ(std::string(answer, 5), "hello");
  cat.input.reset();
  EXPECT_TRUE(cat.wait().value().ok());
  EXPECT_FALSE(cat.running());
  EXPECT_TRUE(cat.wait().value().ok());
}

TEST(Process, InheritsNoDescriptorButThoseAskedFor) {
  UniqueFd ours(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  UniqueFd leaked(::fcntl(ours.get(), F_DUPFD, 5));
  ProcessOptions options;
  options.output = Stream::pipe;
  options.pass = {{ours.get(), 9}};
  Process list = Process::start({"ls", "/proc/self/fd"}, options).value();
  // 3 is the folder that ls reads.
  EXPECT_EQ(read_all(list.output.get()).value(), "0\n1\n2\n3\n9\n");
  EXPECT_TRUE(list.wait().value().ok());
}

TEST(Process, DescriptorsThatCollideAreSortedOut) {
  TempFolder folder = TempFolder::make().value();
  ASSERT_TRUE(write_atomically(folder.path() / "a", "A").ok());
  ASSERT_TRUE(write_atomically(folder.path() / "b", "B").ok());
  UniqueFd a(::open((folder.path() / "a").c_str(), O_RDONLY | O_CLOEXEC));
  UniqueFd b(::open((folder.path() / "b").c_str(), O_RDONLY | O_CLOEXEC));
  ProcessOptions options;
  options.output = Stream::pipe;
  options.pass = {{a.get(), b.get()}, {b.get(), a.get()}};
  std::string script = "cat <&" + std::to_string(b.get()) + "; cat <&" + std::to_string(a.get());
  Process swapped = Process::start({"/bin/bash", "-c", script}, options).value();
  EXPECT_EQ(read_all(swapped.output.get()).value(), "AB");
  EXPECT_TRUE(swapped.wait().value().ok());
}

TEST(Process, StartsWithDefaultSignalsThoughOursAreBlocked) {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  Process sleeper = Process::start({"sleep", "1000"}, {}).value();
  sleeper.kill(SIGTERM);
  EXPECT_EQ(sleeper.wait().value().signal, SIGTERM);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST(Process, WaitingForAWhileTellsWhetherItEnded) {
  Process sleeper = Process::start({"sleep", "1000"}, {}).value();
  EXPECT_FALSE(sleeper.wait_for(Duration(1)).value().has_value());
  sleeper.kill(SIGKILL);
  auto status = sleeper.wait_for(Duration(60'000)).value();
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(status->signal, SIGKILL);
}

TEST(Process, DroppingAGroupLeaderEndsItsChildren) {
  ProcessOptions options;
  options.own_group = true;
  options.output = Stream::pipe;
  UniqueFd output;
  {
    // The second sleep holds the pipe open until it dies.
    Process leader = Process::start({"/bin/sh", "-c", "sleep 1000 & echo started; wait"}, options).value();
    output = std::move(leader.output);
    char line[8];
    ASSERT_EQ(::read(output.get(), line, 8), 8);
  }
  EXPECT_EQ(read_all(output.get()).value(), "");
}

TEST(Process, CountsWhatItUsed) {
  ExitStatus status = Process::start({"/bin/true"}, {}).value().wait().value();
  EXPECT_GT(status.peak_memory, 100'000U);
  EXPECT_GE(status.cpu_time.count(), 0);
}

}  // namespace
}  // namespace penstock::os
