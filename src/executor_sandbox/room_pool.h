#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "executor_sandbox/rung.h"
#include "os/unique_fd.h"

namespace penstock::sandbox {

/// `ci`'s end of a room: what its first process has handed over.
struct RoomEnds {
  std::string plan;  ///< Encoded.
  os::UniqueFd socket;
  os::UniqueFd project_fd;
  os::UniqueFd temporary_fd;
  os::UniqueFd upper_fd;  ///< What the job writes, where it stands on caches.
  std::string project;
  std::string temporary;
  Rung rung = Rung::root;
};

/// Rooms whose job is over and which may serve another one of the same plan, if that job has left no trace.
/// Thread-safe. Nobody waits while a room ends: where our descriptor is the last that holds what its job wrote, closing
/// it removes the files, which some disks take seconds for.
class RoomPool {
 public:
  RoomPool() = default;
  ~RoomPool();

  /// The plan that is asked for now: rooms of others end. `lease` keeps the layers that pooled and spare rooms stand
  /// on.
  void keep_for(const std::string& plan, const std::shared_ptr<const void>& lease);
  /// Asks a room whether it is as it was. It answers while nobody waits.
  void put(RoomEnds room);
  /// One that is; nothing where there is none.
  std::optional<RoomEnds> take(const std::string& plan);
  void clear();

 private:
  void end(RoomEnds room);
  void end_all();
  void close_descriptors();

  std::mutex mutex_;
  std::string plan_;
  std::shared_ptr<const void> lease_;
  std::vector<RoomEnds> rooms_;
  std::vector<os::UniqueFd> closing_;
  std::condition_variable more_to_close_;
  bool over_ = false;
  std::thread closer_;  // once there is something to close
};

}  // namespace penstock::sandbox
