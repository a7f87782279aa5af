#pragma once

#include <sys/types.h>

#include <ctime>
#include <string>
#include <vector>

#include "base/result.h"
#include "executor_sandbox/enter_rung.h"
#include "executor_sandbox/room_plan.h"

namespace penstock::sandbox {

/// What shows whether anything was written below a folder of an overlay's upper layer: whatever a job changes is first
/// copied up, to a new entry of this folder. (The entries are counted since the clock of `changed` may tick too
/// seldom.)
struct Trace {
  mode_t mode = 0;
  uid_t owner = 0;
  gid_t group = 0;
  timespec changed{};
  size_t entries = 0;
  ssize_t attributes = 0;  ///< The length of the extended attributes' names.
};
Trace trace_of(int folder);
/// Whether nothing was written there in between.
bool same(const Trace& one, const Trace& other);
/// Whether nothing is there that wasn't before. Of an empty folder that says all there is to say, and what was written
/// and removed again, as a script's marker is, doesn't count.
bool alike(const Trace& one, const Trace& other);

/// The link in an executor's folder to a TMPDIR that lies where a kept room had it.
inline constexpr const char* kKeptTemporaryLink = "temporary-again";
/// Whether this is a folder of ours among those that hold TMPDIRs (`/tmp/penstock-…`), not a link to somewhere else.
bool is_own_temporary(const std::string& folder);

/// An overlay that is mounted for a room, with a TMPDIR: made by the zygote in its own mount namespace, from which each
/// room's is copied.
class Slot {
 public:
  /// `folder` is where overlays' folders lie, relative to the working directory; `temporary` where TMPDIRs do.
  Slot(const std::string& folder, const std::string& temporary, int number);

  /// Makes the folders, mounts the overlay and the plan's binds in it. `trial` tells of the overlay's mount.
  Result<> prepare(const RoomPlan& plan, Rung rung, Trial& trial);
  /// The lowest rung needs a TMPDIR alone.
  Result<> prepare_temporary(const RoomPlan& plan);

  /// Whether a job can write nothing into it without leaving a trace in its upper folder.
  [[nodiscard]] bool leaves_traces() const { return leaves_traces_; }
  /// Unmounts it.
  void unmount() const;
  /// Removes it; false where that takes more than removing a few empty folders.
  [[nodiscard]] bool remove_if_empty() const;
  /// Removes all that is in it, too.
  void remove() const;

  [[nodiscard]] const std::string& overlay() const { return at_; }
  [[nodiscard]] const std::string& upper() const { return upper_; }
  [[nodiscard]] const std::string& temporary() const { return temporary_; }

 private:
  bool lie_where_it_was(const std::string& temporary);

  std::string folder_;
  std::string upper_;
  std::string work_;
  std::string at_;
  std::string temporary_;
  bool lies_again_ = false;  // TMPDIR is at the place that a kept room had
  bool leaves_traces_ = false;
};

}  // namespace penstock::sandbox
