#include "executor_sandbox/room_pool.h"

#include <utility>

#include "executor_sandbox/wire.h"

namespace penstock::sandbox {

RoomPool::~RoomPool() {
  {
    std::lock_guard guard(mutex_);
    end_all();
    over_ = true;
  }
  more_to_close_.notify_one();
  if (closer_.joinable()) closer_.join();
}

/// Its first process hears of it at once. Under the lock.
void RoomPool::end(RoomEnds room) {
  room.socket.reset();
  closing_.push_back(std::move(room.project_fd));
  closing_.push_back(std::move(room.temporary_fd));
  closing_.push_back(std::move(room.upper_fd));
  if (!closer_.joinable()) closer_ = std::thread([this] { close_descriptors(); });
  more_to_close_.notify_one();
}

void RoomPool::end_all() {
  for (RoomEnds& room : rooms_) end(std::move(room));
  rooms_.clear();
}

void RoomPool::close_descriptors() {
  std::unique_lock lock(mutex_);
  for (;;) {
    more_to_close_.wait(lock, [this] { return over_ || !closing_.empty(); });
    if (closing_.empty()) return;
    std::vector<os::UniqueFd> closing;
    closing.swap(closing_);
    lock.unlock();
    closing.clear();
    lock.lock();
  }
}

void RoomPool::keep_for(const std::string& plan, const std::shared_ptr<const void>& lease) {
  std::lock_guard guard(mutex_);
  if (plan != plan_) end_all();
  plan_ = plan;
  lease_ = lease;
}

void RoomPool::put(RoomEnds room) {
  std::lock_guard guard(mutex_);
  if (room.plan != plan_ || !send_message(room.socket.get(), MessageKind::recycle, "").ok())
    return end(std::move(room));
  rooms_.push_back(std::move(room));
}

std::optional<RoomEnds> RoomPool::take(const std::string& plan) {
  for (;;) {
    std::optional<RoomEnds> room;
    {
      std::lock_guard guard(mutex_);
      if (plan != plan_ || rooms_.empty()) return std::nullopt;
      room.emplace(std::move(rooms_.back()));
      rooms_.pop_back();
    }
    Result<std::optional<Message>> answer = receive_message(room->socket.get());
    if (answer.ok() && *answer && (*answer)->kind == MessageKind::pristine) return room;
    std::lock_guard guard(mutex_);
    end(*std::move(room));
  }
}

void RoomPool::clear() {
  std::lock_guard guard(mutex_);
  end_all();
}

}  // namespace penstock::sandbox
