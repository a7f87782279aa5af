#include "executor_sandbox/room_traces.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

namespace penstock::sandbox {
namespace {

bool has_system_v_objects() {
  shm_info memory{};
  seminfo semaphores{};
  msginfo queues{};
  const bool known = ::shmctl(0, SHM_INFO, reinterpret_cast<shmid_ds*>(&memory)) >= 0 &&
                     ::semctl(0, 0, SEM_INFO, &semaphores) >= 0 &&
                     ::msgctl(0, MSG_INFO, reinterpret_cast<msqid_ds*>(&queues)) >= 0;
  return !known || memory.used_ids != 0 || semaphores.semusz != 0 || queues.msgpool != 0;
}

}  // namespace

void RoomTraces::find(const std::string& upper, const std::string& temporary, bool traceable) {
  if (!traceable) return;
  upper_ = os::UniqueFd(::open(upper.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  temporary_ = os::UniqueFd(::open(temporary.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

void RoomTraces::begin() {
  if (!upper_ || !temporary_) return;
  upper_before_ = trace_of(upper_.get());
  temporary_before_ = trace_of(temporary_.get());
  mounts_ = os::UniqueFd(::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));
}

bool RoomTraces::none() const {
  if (!mounts_) return false;
  pollfd changed{mounts_.get(), POLLPRI, 0};  // how the kernel tells of a mount or its end
  return ::poll(&changed, 1, 0) == 0 && same(upper_before_, trace_of(upper_.get())) &&
         alike(temporary_before_, trace_of(temporary_.get())) && !has_system_v_objects();
}

}  // namespace penstock::sandbox
