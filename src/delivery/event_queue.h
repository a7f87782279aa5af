#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "os/clock.h"
#include "os/unique_fd.h"
#include "rollout/event.h"

namespace penstock {

/// What a deliverer's threads have to tell, for the driver's thread to fetch.
class EventQueue {
 public:
  explicit EventQueue(const os::Clock& clock);

  /// Safe from any thread. The event is stamped with the time of the clock.
  template <class Event>
  void tell(Event event) {
    push({clock_.now(), std::move(event)});
  }
  std::vector<RolloutEvent> take();
  /// Readable while there is something to take.
  [[nodiscard]] int fd() const { return ready_.get(); }

 private:
  void push(RolloutEvent event);

  const os::Clock& clock_;
  os::UniqueFd ready_;
  std::mutex mutex_;
  std::vector<RolloutEvent> events_;
};

}  // namespace penstock
