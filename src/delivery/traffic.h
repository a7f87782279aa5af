#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "rollout/instance.h"

namespace penstock {

/// Shifts of traffic: one at a time, and of those that wait only the newest is set, for it says the whole split. The
/// ones that it replaced are answered with it.
class TrafficQueue {
 public:
  /// A shift is to be set and answers with these commands.
  struct Shift {
    std::vector<int64_t> commands;
    TrafficSplit split;
  };

  /// True: the caller must see to it that `next` is worked off until it is empty.
  bool add(int64_t command, TrafficSplit split);
  /// The shift to set now; nothing where none waits, and the next `add` begins anew.
  std::optional<Shift> next();

 private:
  std::mutex mutex_;
  std::optional<Shift> waiting_;
  bool working_ = false;
};

}  // namespace penstock
