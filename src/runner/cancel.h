#pragma once

#include <atomic>
#include <mutex>
#include <vector>

namespace penstock {

/// How a job is told to stop. Thread-safe; `fd()` becomes readable with the first request, and again (where it was read
/// in between) with each request that raises the level, for poll loops.
class Cancel {
 public:
  enum class Level { none, graceful, kill };

  Cancel();
  /// One that also gets what is requested of `parent` from level `from` on (what was requested before included). The
  /// parent outlives it.
  Cancel(const Cancel& parent, Level from);
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
  const Cancel* parent_ = nullptr;
  Level from_ = Level::none;
  mutable std::mutex mutex_;  // guards children_
  mutable std::vector<Cancel*> children_;
};

}  // namespace penstock
