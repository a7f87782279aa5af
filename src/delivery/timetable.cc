#include "delivery/timetable.h"

#include <utility>

namespace penstock {

Timetable::Timetable() : thread_([this] { keep(); }) {}

Timetable::~Timetable() { end(); }

void Timetable::after(Duration delay, std::function<void()> what) {
  const std::lock_guard lock(mutex_);
  if (ending_) return;
  due_.emplace(std::chrono::steady_clock::now() + delay, std::move(what));
  changed_.notify_one();
}

void Timetable::end() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    due_.clear();
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Timetable::keep() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (due_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto first = due_.begin();
    if (const auto when = first->first; when > std::chrono::steady_clock::now()) {
      changed_.wait_until(lock, when);
      continue;
    }
    const std::function<void()> what = std::move(first->second);
    due_.erase(first);
    lock.unlock();
    what();
    lock.lock();
  }
}

}  // namespace penstock
