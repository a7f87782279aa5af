#include "delivery/event_queue.h"

#include <sys/eventfd.h>

namespace penstock {

EventQueue::EventQueue(const os::Clock& clock) : clock_(clock), ready_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void EventQueue::push(RolloutEvent event) {
  const std::lock_guard lock(mutex_);
  events_.push_back(std::move(event));
  (void)::eventfd_write(ready_.get(), 1);
}

std::vector<RolloutEvent> EventQueue::take() {
  const std::lock_guard lock(mutex_);
  eventfd_t count = 0;
  (void)::eventfd_read(ready_.get(), &count);
  return std::exchange(events_, {});
}

}  // namespace penstock
