#include "delivery/workers.h"

#include <utility>

namespace penstock {

Workers::~Workers() {
  std::vector<std::thread> threads;
  {
    std::unique_lock lock(mutex_);
    ending_ = true;
    threads.swap(threads_);
  }
  more_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

void Workers::run(Work work) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(work));
  if (idle_ < waiting_.size() && threads_.size() < most_ && !ending_) {
    threads_.emplace_back([this] { work_off(); });
  } else {
    more_.notify_one();
  }
}

void Workers::run_in(const std::string& lane, Work work) {
  {
    const std::lock_guard lock(mutex_);
    const auto [place, is_new] = lanes_.try_emplace(lane);
    if (!is_new) {
      place->second.push_back(std::move(work));
      return;
    }
  }
  run([this, lane, work = std::move(work)] {
    work();
    next_of(lane);
  });
}

void Workers::next_of(const std::string& lane) {
  Work work;
  {
    const std::lock_guard lock(mutex_);
    const auto place = lanes_.find(lane);
    if (place->second.empty()) {
      lanes_.erase(place);
      return;
    }
    work = std::move(place->second.front());
    place->second.pop_front();
  }
  run([this, lane, work = std::move(work)] {
    work();
    next_of(lane);
  });
}

void Workers::work_off() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    more_.wait(lock, [this] { return !waiting_.empty() || ending_; });
    --idle_;
    if (waiting_.empty()) return;
    const Work work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work();
    lock.lock();
  }
}

}  // namespace penstock
