#include "os/lock.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "os/files.h"
#include "os/process.h"

namespace penstock::os {
namespace {

class Lock : public testing::Test {
 protected:
  TempFolder folder_ = TempFolder::make().value();
  std::filesystem::path path_ = folder_.path() / "lock";
};

TEST_F(Lock, AnExclusiveLockKeepsOthersOutUntilItGoes) {
  {
    FileLock held = FileLock::take(path_).value();
    EXPECT_FALSE(FileLock::try_take(path_).value().has_value());
    EXPECT_FALSE(FileLock::try_take(path_, FileLock::Mode::shared).value().has_value());
  }
  EXPECT_TRUE(FileLock::try_take(path_).value().has_value());
}

TEST_F(Lock, SharedLocksGoTogether) {
  FileLock one = FileLock::take(path_, FileLock::Mode::shared).value();
  FileLock two = FileLock::take(path_, FileLock::Mode::shared).value();
  EXPECT_FALSE(FileLock::try_take(path_).value().has_value());
}

TEST_F(Lock, ADowngradedLockLetsReadersIn) {
  FileLock held = FileLock::take(path_).value();
  ASSERT_TRUE(held.downgrade().ok());
  EXPECT_TRUE(FileLock::try_take(path_, FileLock::Mode::shared).value().has_value());
}

TEST_F(Lock, TellsWhoHoldsIt) {
  EXPECT_FALSE(holder_of(path_).has_value());
  FileLock held = FileLock::take(path_).value();
  EXPECT_FALSE(holder_of(path_).has_value());
  ASSERT_TRUE(held.sign("a longer text").ok());
  ASSERT_TRUE(held.sign("run 7").ok());
  auto holder = holder_of(path_);
  ASSERT_TRUE(holder.has_value());
  EXPECT_EQ(holder->pid, ::getpid());
  EXPECT_EQ(holder->text, "run 7");
}

TEST_F(Lock, ChildrenDoNotKeepIt) {
  auto held = std::make_unique<FileLock>(FileLock::take(path_).value());
  Process child = Process::start({"sleep", "1000"}, {}).value();
  held.reset();
  EXPECT_TRUE(FileLock::try_take(path_).value().has_value());
}

TEST_F(Lock, AFileThatItsHolderDeletesNeverLetsTwoIn) {
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  auto work = [&] {
    for (int round = 0; round < 200; ++round) {
      FileLock held = FileLock::take(path_).value();
      int now = ++inside;
      if (now > most) most = now;
      --inside;
      ::unlink(path_.c_str());
    }
  };
  std::vector<std::thread> threads;
  for (int index = 0; index < 4; ++index) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(most, 1);
}

TEST_F(Lock, AFolderThatIsMissingIsAnError) { EXPECT_FALSE(FileLock::take(folder_.path() / "no/lock").ok()); }

}  // namespace
}  // namespace penstock::os
