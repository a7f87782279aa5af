#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "delivery/target.h"
#include "rollout/instance.h"

namespace penstock {

/// The latest requests that the proxy served, by the group of the instance that served them. Bounded: of a group that
/// had more than kMost the oldest are forgotten.
class RequestLog {
 public:
  static constexpr size_t kMost = size_t{1} << 19;

  /// Which group an instance belongs to from here on. Requests to an instance that nobody introduced aren't kept.
  void introduce(const Instance& instance);
  void add(const ServedRequest& request);

  struct Seen {
    Instant at;
    int32_t microseconds = 0;
    int16_t status = 0;
  };
  /// Tells those of a group since then, oldest first.
  void each_since(InstanceGroup group, Instant since, const std::function<void(const Seen&)>& tell) const;

 private:
  struct Ring {
    std::vector<Seen> seen;
    size_t oldest = 0;
  };

  mutable std::mutex mutex_;
  std::map<InstanceAddress, InstanceGroup> groups_;
  std::array<Ring, 3> rings_;
};

}  // namespace penstock
