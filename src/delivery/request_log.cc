#include "delivery/request_log.h"

#include <algorithm>
#include <limits>

namespace penstock {

void RequestLog::introduce(const Instance& instance) {
  const std::lock_guard lock(mutex_);
  groups_[instance.address] = instance.group;
}

void RequestLog::add(const ServedRequest& request) {
  const std::lock_guard lock(mutex_);
  const auto group = groups_.find(request.address);
  if (group == groups_.end()) return;
  Ring& ring = rings_[static_cast<size_t>(group->second)];
  const auto longest = std::numeric_limits<int32_t>::max();
  const Seen seen{request.at, static_cast<int32_t>(std::clamp<int64_t>(request.microseconds, 0, longest)),
                  static_cast<int16_t>(std::clamp(request.status, 0, 999))};
  if (ring.seen.size() < kMost) {
    ring.seen.push_back(seen);
  } else {
    ring.seen[ring.oldest] = seen;
    ring.oldest = (ring.oldest + 1) % kMost;
  }
}

void RequestLog::each_since(InstanceGroup group, Instant since, const std::function<void(const Seen&)>& tell) const {
  const std::lock_guard lock(mutex_);
  const Ring& ring = rings_[static_cast<size_t>(group)];
  for (size_t i = 0; i < ring.seen.size(); ++i) {
    const Seen& seen = ring.seen[(ring.oldest + i) % ring.seen.size()];
    if (seen.at >= since) tell(seen);
  }
}

}  // namespace penstock
