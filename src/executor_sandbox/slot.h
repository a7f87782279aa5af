#pragma once

#include <sys/types.h>

#include <ctime>
#include <string>
#include <vector>

#include "base/result.h"
#include "executor_sandbox/enter_rung.h"
#include "executor_sandbox/room_plan.h"

namespace penstock::sandbox {

/// An overlay that is mounted and waits for a room, with a TMPDIR: made by the zygote in its own mount namespace, from
/// which each room's is copied. A job that wrote nothing leaves the slot as it was, so the next room can have it:
/// making and removing the folders of an overlay costs more than all else about a room.
class Slot {
 public:
  /// `folder` is where overlays' folders lie, relative to the working directory; `temporary` where TMPDIRs do.
  Slot(const std::string& folder, const std::string& temporary, int number);

  /// Makes the folders, mounts the overlay and the plan's binds in it. `trial` tells of the overlay's mount.
  Result<> prepare(const RoomPlan& plan, Rung rung, Trial& trial);
  /// The lowest rung needs a TMPDIR alone.
  Result<> prepare_temporary() const;

  /// Whether its last room left it as it was.
  [[nodiscard]] bool is_pristine() const;
  /// Unmounts it.
  void unmount() const;
  /// Removes it; false where that takes more than removing a few empty folders.
  [[nodiscard]] bool remove_if_empty() const;
  /// Removes all that is in it, too.
  void remove() const;

  [[nodiscard]] const std::string& overlay() const { return at_; }
  [[nodiscard]] const std::string& temporary() const { return temporary_; }

 private:
  struct Trace {
    mode_t mode = 0;
    uid_t owner = 0;
    gid_t group = 0;
    timespec changed{};
    size_t entries = 0;
  };
  static Trace trace_of(const std::string& folder);
  static bool same(const Trace& one, const Trace& other);

  std::string upper_;
  std::string work_;
  std::string at_;
  std::string temporary_;
  bool reusable_ = false;
  Trace upper_before_;
  Trace temporary_before_;
};

}  // namespace penstock::sandbox
