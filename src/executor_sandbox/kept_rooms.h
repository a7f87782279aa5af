#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "executor_sandbox/rung.h"
#include "os/lock.h"

namespace penstock::sandbox {

/// What a job left in its room, put aside so that a person can step in.
struct KeptRoom {
  std::string folder;      ///< With `project` (an overlay's upper layer; on the copy rung all of it) and `temporary`.
  Rung rung = Rung::root;  ///< Where it was kept, and so what `project` is.
  std::string job_temporary;        ///< Its TMPDIR as the job knew it.
  std::vector<std::string> caches;  ///< The ids of the CacheLayers that it stands on, the topmost first.
  os::FileLock lock;                ///< Keeps it from being dropped.
};

/// The rooms that were kept, in `rooms/kept` below the executor's state folder: of the machine's user alone. Several
/// processes may use them at once.
class KeptRooms {
 public:
  static constexpr size_t kMost = 10;                         ///< The newest ones that `trim` leaves.
  static constexpr int64_t kOldest = int64_t{7} * 24 * 3600;  ///< Seconds; older ones go with `trim`.
  static constexpr uint64_t kLargest = uint64_t{2} << 30;     ///< Bytes; a larger one isn't kept at all.

  explicit KeptRooms(const std::filesystem::path& state_folder) : folder_(state_folder / "rooms" / "kept") {}

  /// Newest first.
  [[nodiscard]] std::vector<std::string> names() const;
  /// Nothing where none is kept under that name.
  [[nodiscard]] Result<std::optional<KeptRoom>> hold(const std::string& name) const;
  /// The ids of the CacheLayers that any of them stands on.
  [[nodiscard]] std::set<std::string> caches() const;
  [[nodiscard]] std::filesystem::path path(const std::string& name) const { return folder_ / name; }
  /// False where it is in use, and stays.
  [[nodiscard]] Result<bool> drop(const std::string& name) const;
  /// Drops those that are too old or too many, and what a killed program left half-made.
  [[nodiscard]] Result<> trim() const;

 private:
  std::filesystem::path folder_;
};

/// Whether a room can be kept under it: letters, digits, `-`, `_`.
bool is_name_to_keep(const std::string& name);

/// What a room's first process puts aside. The working directory is the `rooms` folder.
struct RoomToKeep {
  std::string name;
  std::string project;
  std::string temporary;
  Rung rung = Rung::root;
  std::vector<std::string> caches;
  uint64_t largest = KeptRooms::kLargest;
};
Result<> keep_files(const RoomToKeep& room);

}  // namespace penstock::sandbox
