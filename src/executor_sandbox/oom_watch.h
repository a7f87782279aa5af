#pragma once

#include <cstdint>
#include <mutex>

namespace penstock::sandbox {

/// How many processes this machine's kernel has killed for memory, in any memory cgroup or for want of memory at all.
int64_t count_oom_kills();

/// Tells whether a process that died of SIGKILL was killed by the kernel for memory. Thread-safe.
class OomWatch {
 public:
  explicit OomWatch(int64_t count) : count_(count) {}
  /// Whether the kernel has killed a process for memory since the last time that this was asked.
  bool struck();

 private:
  std::mutex mutex_;
  int64_t count_;
};

}  // namespace penstock::sandbox
