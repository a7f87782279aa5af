#include "deployments/call_queue.h"

#include <sys/eventfd.h>

#include <utility>

namespace penstock {

CallQueue::CallQueue() : ready_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void CallQueue::push(const std::function<void()>& call) {
  Waiting waiting{&call};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&waiting);
  (void)::eventfd_write(ready_.get(), 1);
  carried_out_.wait(lock, [&] { return waiting.done; });
}

void CallQueue::carry_out() {
  std::unique_lock lock(mutex_);
  eventfd_t count = 0;
  (void)::eventfd_read(ready_.get(), &count);
  for (Waiting* const waiting : std::exchange(waiting_, {})) {
    lock.unlock();
    (*waiting->call)();
    lock.lock();
    waiting->done = true;
  }
  carried_out_.notify_all();
}

}  // namespace penstock
