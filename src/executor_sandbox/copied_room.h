#pragma once

#include <string>

#include "base/result.h"
#include "executor_sandbox/room_plan.h"
#include "os/lock.h"

namespace penstock::sandbox {

/// The lowest rung's copy of the sources: the layers put on one another in a folder whose path stays the same from job
/// to job (the first slot that is free), so that what remembers absolute paths stays valid. The folder goes with this
/// object.
class CopiedRoom {
 public:
  static Result<CopiedRoom> make(const RoomPlan& plan);
  CopiedRoom(CopiedRoom&&) = default;
  CopiedRoom& operator=(CopiedRoom&&) = delete;
  ~CopiedRoom();

  [[nodiscard]] const std::string& project() const { return project_; }

 private:
  CopiedRoom(os::FileLock lock, std::string slot) : lock_(std::move(lock)), slot_(std::move(slot)) {}

  os::FileLock lock_;
  std::string slot_;
  std::string project_;
};

/// Removes the copies below `folder` that nobody uses.
void sweep_copies(const std::string& folder);

}  // namespace penstock::sandbox
