#include "os/machine.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <unistd.h>

#include <future>
#include <string>
#include <thread>
#include <vector>

#include "os/clock.h"
#include "os/environment.h"
#include "os/files.h"
#include "os/signals.h"
#include "os/terminal.h"
#include "os/testing/fake_clock.h"

namespace penstock::os {
namespace {

TEST(FindProgram, TakesTheFirstExecutableFileOnThePath) {
  TempFolder folder = TempFolder::make().value();
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(ensure_folder(folder.path() / name).ok());
  ASSERT_TRUE(ensure_folder(folder.path() / "a/tool").ok());
  ASSERT_TRUE(write_atomically(folder.path() / "b/tool", "", Durability::crash_safe, 0755).ok());
  ASSERT_TRUE(write_atomically(folder.path() / "c/tool", "", Durability::crash_safe, 0755).ok());
  std::string base = folder.path().native();
  std::string path = base + "/none:" + base + "/a:" + base + "/b:" + base + "/c";
  EXPECT_EQ(find_program("tool", path), folder.path() / "b/tool");
  EXPECT_FALSE(find_program("other", path).has_value());
  EXPECT_FALSE(find_program("", path).has_value());
  EXPECT_TRUE(find_program("sh").has_value());
}

TEST(FindProgram, NeverLooksInTheCurrentFolder) { EXPECT_FALSE(find_program("Makefile", "::.:src").has_value()); }

TEST(Machine, KnowsItsUser) {
  User user = current_user();
  EXPECT_FALSE(user.name.empty());
  EXPECT_TRUE(user.home.is_absolute());
  EXPECT_GE(processor_count(), 1U);
}

TEST(Machine, AllocatesAsBeforeWhereMuchIsExpected) {
  expect_large_heap(size_t{8} << 20);
  std::vector<std::string> blocks(1000);
  for (std::string& block : blocks) block.assign(16 << 10, 'x');
  for (const std::string& block : blocks) EXPECT_EQ(block.find_first_not_of('x'), std::string::npos);
}

TEST(Machine, LocalFileSystemsAreNoNetworkEvenForPathsToCome) {
  TempFolder folder = TempFolder::make().value();
  EXPECT_FALSE(is_network_file_system(folder.path() / "not/yet/there"));
  EXPECT_FALSE(is_network_file_system("/proc"));
}

TEST(Environment, HoldsValuesWithEqualsSigns) {
  ASSERT_EQ(::setenv("PENSTOCK_OS_TEST", "a=b", 1), 0);
  EXPECT_EQ(current_environment().at("PENSTOCK_OS_TEST"), "a=b");
  EXPECT_EQ(environment_variable("PENSTOCK_OS_TEST"), "a=b");
  EXPECT_FALSE(environment_variable("PENSTOCK_OS_TEST_NONE").has_value());
}

TEST(Clock, GoesForward) {
  SystemClock clock;
  auto before = clock.monotonic();
  EXPECT_GE(clock.monotonic(), before);
  EXPECT_GT(clock.now().time_since_epoch().count(), 1'700'000'000'000);
}

TEST(FakeClock, MovesOnlyWhenTold) {
  FakeClock clock;
  Instant start = clock.now();
  EXPECT_EQ(clock.now(), start);
  clock.advance(Duration(1500));
  EXPECT_EQ(clock.now() - start, Duration(1500));
  EXPECT_EQ(clock.monotonic(), Duration(1500));
  clock.jump_to(start);
  EXPECT_EQ(clock.now(), start);
  EXPECT_EQ(clock.monotonic(), Duration(1500));
}

TEST(Signals, ArriveAsSomethingToRead) {
  auto queue = SignalQueue::open({SIGUSR1, SIGUSR2}).value();
  EXPECT_FALSE(queue.next().has_value());
  ::raise(SIGUSR2);
  EXPECT_EQ(queue.next(), SIGUSR2);
  EXPECT_FALSE(queue.next().has_value());
}

TEST(Signals, AreLeftToAQueueThatIsOpenedAfterAShelteredThread) {
  std::promise<void> end;
  std::thread beside;
  {
    const SignalShelter shelter;
    beside = std::thread([&end] { end.get_future().wait(); });
  }
  auto queue = SignalQueue::open({SIGINT}).value();
  ::kill(::getpid(), SIGINT);  // any thread that doesn't block it would end us
  EXPECT_EQ(queue.next(), SIGINT);
  end.set_value();
  beside.join();
}

TEST(Terminal, APipeIsNone) {
  UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_FALSE(is_terminal(null.get()));
  EXPECT_FALSE(terminal_size(null.get()).has_value());
}

TEST(Terminal, TellsItsSize) {
  UniqueFd terminal(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_TRUE(terminal.valid());
  winsize size{};
  size.ws_col = 133;
  size.ws_row = 7;
  ASSERT_EQ(::ioctl(terminal.get(), TIOCSWINSZ, &size), 0);
  EXPECT_EQ(terminal_size(terminal.get())->columns, 133);
}

}  // namespace
}  // namespace penstock::os
