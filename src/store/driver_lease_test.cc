#include "store/driver_lease.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/files.h"

namespace penstock {
namespace {

class DriverLeaseTest : public ::testing::Test {
 protected:
  os::TempFolder folder_ = os::TempFolder::make().value();
  std::unique_ptr<DriverLeases> leases_ = open_folder_leases(folder_.path() / "locks");

  static bool readable(int fd) {
    pollfd one{fd, POLLIN, 0};
    return ::poll(&one, 1, 0) == 1;
  }

  /// A process that drives run 5 until it is killed.
  pid_t start_driver() {
    int ready[2];
    EXPECT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      const auto lease = leases_->try_acquire(5);
      const char answer = lease.ok() && *lease ? 'y' : 'n';
      (void)!::write(ready[1], &answer, 1);
      for (;;) ::pause();
    }
    char answer = 0;
    EXPECT_EQ(::read(ready[0], &answer, 1), 1);
    EXPECT_EQ(answer, 'y');
    ::close(ready[0]);
    ::close(ready[1]);
    return child;
  }
  static void kill_driver(pid_t child) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
};

TEST_F(DriverLeaseTest, IsHeldByOneAtATime) {
  std::unique_ptr<DriverLease> lease = leases_->try_acquire(5).value();
  ASSERT_TRUE(lease);
  EXPECT_FALSE(open_folder_leases(folder_.path() / "locks")->try_acquire(5).value());
  EXPECT_TRUE(leases_->is_driven(5).value());
  EXPECT_EQ(leases_->driver(5), ::getpid());
  EXPECT_TRUE(leases_->try_acquire(6).value()) << "another run is another matter";
  lease.reset();
  EXPECT_FALSE(leases_->is_driven(5).value());
  EXPECT_TRUE(leases_->try_acquire(5).value());
  EXPECT_TRUE(os::list_folder(folder_.path() / "locks").value().empty()) << "nothing is left behind";
}

TEST_F(DriverLeaseTest, WakesTheDriver) {
  leases_->wake(5);  // nobody there
  const std::unique_ptr<DriverLease> lease = leases_->try_acquire(5).value();
  EXPECT_FALSE(readable(lease->fd()));
  const int holds = ::fcntl(lease->fd(), F_SETPIPE_SZ, 4096);
  ASSERT_GT(holds, 0);
  for (int i = 0; i <= holds; ++i) leases_->wake(5);  // more than the pipe holds
  EXPECT_TRUE(readable(lease->fd()));
  lease->take_wakes();
  EXPECT_FALSE(readable(lease->fd()));
}

TEST_F(DriverLeaseTest, EndsWithItsProcess) {
  const pid_t child = start_driver();
  EXPECT_FALSE(leases_->try_acquire(5).value());
  EXPECT_EQ(leases_->driver(5), child);
  const os::UniqueFd end = leases_->watch_driver(5).value();
  ASSERT_TRUE(end.valid());
  EXPECT_FALSE(readable(end.get()));
  kill_driver(child);
  EXPECT_TRUE(readable(end.get()));
  EXPECT_FALSE(leases_->is_driven(5).value());
  EXPECT_FALSE(leases_->watch_driver(5).value().valid());
  EXPECT_TRUE(leases_->try_acquire(5).value());
}

}  // namespace
}  // namespace penstock
