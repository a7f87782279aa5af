#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/result.h"
#include "os/unique_fd.h"

namespace penstock {

/// The right to drive one run: held by one process at most, and lost only by letting go or by dying.
class DriverLease {
 public:
  virtual ~DriverLease() = default;  ///< Lets go.
  /// Readable when somebody has called `wake`. -1 where there is nothing to poll.
  [[nodiscard]] virtual int fd() const = 0;
  /// Takes the calls that waited.
  virtual void take_wakes() = 0;
};

/// Who drives what. How nothing is missed: whoever wants something of a run posts its event first, then tries to
/// acquire the lease, and if that fails wakes the driver; a driver reads the inbox after it has acquired the lease, and
/// looks once more after it has let go.
class DriverLeases {
 public:
  virtual ~DriverLeases() = default;
  /// Null where somebody else drives it.
  virtual Result<std::unique_ptr<DriverLease>> try_acquire(int64_t run) = 0;
  /// Makes the driver look into the inbox. Does nothing where there is none.
  virtual void wake(int64_t run) = 0;
  /// Whether somebody drives it at this moment.
  virtual Result<bool> is_driven(int64_t run) = 0;
  /// The process that drives it, for a person; nothing where nobody does or it isn't known.
  virtual std::optional<int> driver(int64_t run) = 0;
  /// A descriptor that becomes readable when the process that drives the run is gone, however that died; invalid where
  /// nobody drives it. The caller's own process never ends so for it.
  virtual Result<os::UniqueFd> watch_driver(int64_t run) = 0;
};

/// Lock files and pipes in a folder: `FOLDER/RUN` is locked by the driver for as long as it lives, `FOLDER/RUN.wake` is
/// the pipe that wakes it. Both are gone when the driver has ended in order.
std::unique_ptr<DriverLeases> open_folder_leases(const std::filesystem::path& folder);

}  // namespace penstock
