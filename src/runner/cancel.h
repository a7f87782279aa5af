#pragma once

#include <atomic>

namespace penstock {

/// How a job is told to stop. Thread-safe; `fd()` becomes readable with the first request, for poll loops.
class Cancel {
 public:
  enum class Level { none, graceful, kill };

  Cancel();
  ~Cancel();
  Cancel(const Cancel&) = delete;
  Cancel& operator=(const Cancel&) = delete;

  /// Levels only rise: graceful ends the script and still runs after_script; kill ends everything at once.
  void request(Level level);
  [[nodiscard]] Level level() const { return level_.load(); }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  std::atomic<Level> level_{Level::none};
  int fd_ = -1;  // an eventfd
};

}  // namespace penstock
