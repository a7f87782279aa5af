#include "executor_sandbox/room_pool.h"

#include "executor_sandbox/wire.h"

namespace penstock::sandbox {

void RoomPool::keep_for(const std::string& plan, const std::shared_ptr<const void>& lease) {
  std::lock_guard guard(mutex_);
  if (plan != plan_) rooms_.clear();
  plan_ = plan;
  lease_ = lease;
}

void RoomPool::put(RoomEnds room) {
  std::lock_guard guard(mutex_);
  if (room.plan != plan_ || !send_message(room.socket.get(), MessageKind::recycle, "").ok()) return;
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
  }
}

void RoomPool::clear() {
  std::lock_guard guard(mutex_);
  rooms_.clear();
}

}  // namespace penstock::sandbox
