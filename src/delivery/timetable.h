#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "base/time.h"

namespace penstock {

/// Does things later, on a thread of its own: short things, such as handing work to Workers.
class Timetable {
 public:
  Timetable();
  /// What isn't due yet is forgotten.
  ~Timetable();
  Timetable(const Timetable&) = delete;
  Timetable& operator=(const Timetable&) = delete;

  void after(Duration delay, std::function<void()> what);
  /// Forgets what isn't due yet and takes nothing more; waits for what is being done.
  void end();

 private:
  void keep();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<std::chrono::steady_clock::time_point, std::function<void()>> due_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace penstock
