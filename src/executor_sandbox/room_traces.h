#pragma once

#include <string>

#include "executor_sandbox/slot.h"
#include "os/unique_fd.h"

namespace penstock::sandbox {

/// Tells whether a job has left anything in its room: files, mounts, System V objects. A room without traces is as good
/// as a new one, and far cheaper. (Processes are gone in any case; POSIX message queues can't be listed.)
class RoomTraces {
 public:
  /// Before the room is furnished, which hides these folders. A room that isn't `traceable` always has traces.
  void find(const std::string& upper, const std::string& temporary, bool traceable);
  /// The room is furnished: from now on changes count.
  void begin();
  [[nodiscard]] bool none() const;

 private:
  os::UniqueFd upper_;
  os::UniqueFd temporary_;
  os::UniqueFd mounts_;
  Trace upper_before_;
  Trace temporary_before_;
};

}  // namespace penstock::sandbox
