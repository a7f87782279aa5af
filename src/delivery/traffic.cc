#include "delivery/traffic.h"

#include <utility>

namespace penstock {

bool TrafficQueue::add(int64_t command, TrafficSplit split) {
  const std::lock_guard lock(mutex_);
  if (!waiting_) waiting_.emplace();
  waiting_->commands.push_back(command);
  waiting_->split = std::move(split);
  return !std::exchange(working_, true);
}

std::optional<TrafficQueue::Shift> TrafficQueue::next() {
  const std::lock_guard lock(mutex_);
  if (!waiting_) working_ = false;
  return std::exchange(waiting_, std::nullopt);
}

}  // namespace penstock
