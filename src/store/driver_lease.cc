#include "store/driver_lease.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "os/errors.h"
#include "os/files.h"
#include "os/lock.h"

namespace penstock {
namespace {

class FolderLease final : public DriverLease {
 public:
  FolderLease(os::FileLock lock, os::UniqueFd pipe, std::filesystem::path file, std::filesystem::path pipe_file)
      : lock_(std::move(lock)), pipe_(std::move(pipe)), file_(std::move(file)), pipe_file_(std::move(pipe_file)) {}

  // Both files go while the lock is still ours.
  ~FolderLease() override {
    ::unlink(pipe_file_.c_str());
    ::unlink(file_.c_str());
  }

  [[nodiscard]] int fd() const override { return pipe_.get(); }

  void take_wakes() override {
    char bytes[512];
    while (::read(pipe_.get(), bytes, sizeof bytes) > 0) {
    }
  }

 private:
  os::FileLock lock_;
  os::UniqueFd pipe_;
  std::filesystem::path file_;
  std::filesystem::path pipe_file_;
};

class FolderLeases final : public DriverLeases {
 public:
  explicit FolderLeases(std::filesystem::path folder) : folder_(std::move(folder)) {}

  Result<std::unique_ptr<DriverLease>> try_acquire(int64_t run) override {
    Result<std::optional<os::FileLock>> taken = os::FileLock::try_take(lock_file(run));
    if (!taken.ok()) {
      PENSTOCK_CHECK(os::ensure_folder(folder_, 0700));
      taken = os::FileLock::try_take(lock_file(run));
    }
    PENSTOCK_TRY(std::optional<os::FileLock> lock, std::move(taken));
    if (!lock) return std::unique_ptr<DriverLease>();
    PENSTOCK_CHECK(lock->sign());
    PENSTOCK_TRY(os::UniqueFd pipe, open_pipe(run));
    return std::unique_ptr<DriverLease>(
        std::make_unique<FolderLease>(*std::move(lock), std::move(pipe), lock_file(run), pipe_file(run)));
  }

  void wake(int64_t run) override {
    // No pipe, or nobody at its other end: a driver that comes next reads the inbox before it waits.
    const os::UniqueFd pipe(::open(pipe_file(run).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
    if (!pipe) return;
    // A full pipe wakes as well.
    (void)!::write(pipe.get(), "w", 1);
  }

  Result<bool> is_driven(int64_t run) override {
    // The driver alone reads the pipe. To try the lock could keep somebody from becoming the driver at that moment.
    const os::UniqueFd pipe(::open(pipe_file(run).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
    if (!pipe && errno != ENOENT && errno != ENXIO) return os::system_error("can't see who drives a run", errno);
    return pipe.valid();
  }

  std::optional<int> driver(int64_t run) override {
    const Result<bool> driven = is_driven(run);
    if (!driven.ok() || !driven.value()) return std::nullopt;
    const std::optional<os::LockHolder> holder = os::holder_of(lock_file(run));
    if (!holder) return std::nullopt;
    return holder->pid;
  }

  Result<os::UniqueFd> watch_driver(int64_t run) override {
    const std::optional<int> pid = driver(run);
    if (!pid) return os::UniqueFd();
    os::UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0)));
    if (!fd && errno != ESRCH) return os::system_error("can't watch process " + std::to_string(*pid), errno);
    // The number may be another process's by now, but then the run has no driver any more.
    PENSTOCK_TRY(const bool driven, is_driven(run));
    return driven ? std::move(fd) : os::UniqueFd();
  }

 private:
  /// Open at both ends, so that it never reads as ended.
  Result<os::UniqueFd> open_pipe(int64_t run) {
    const std::filesystem::path path = pipe_file(run);
    if (::mkfifo(path.c_str(), 0600) != 0 && errno != EEXIST) {
      return os::system_error("can't make `" + path.native() + "`", errno);
    }
    os::UniqueFd pipe(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
    if (!pipe) return os::system_error("can't open `" + path.native() + "`", errno);
    return pipe;
  }
  [[nodiscard]] std::filesystem::path lock_file(int64_t run) const { return folder_ / std::to_string(run); }
  [[nodiscard]] std::filesystem::path pipe_file(int64_t run) const { return folder_ / (std::to_string(run) + ".wake"); }

  std::filesystem::path folder_;
};

}  // namespace

std::unique_ptr<DriverLeases> open_folder_leases(const std::filesystem::path& folder) {
  return std::make_unique<FolderLeases>(folder);
}

}  // namespace penstock
