#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace penstock {

/// Threads for calls that block: made as they are needed up to a limit, kept for the next call, waited for at the end.
class Workers {
 public:
  using Work = std::function<void()>;

  explicit Workers(size_t most) : most_(most) {}
  /// Waits for all that was handed over.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Does it beside everything else. Callable from within a piece of work too.
  void run(Work work);
  /// Does it after everything that came earlier in the same lane: a lane's pieces are done one at a time, in order.
  void run_in(const std::string& lane, Work work);

 private:
  void work_off();
  void next_of(const std::string& lane);

  const size_t most_;
  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<Work> waiting_;
  size_t idle_ = 0;
  bool ending_ = false;
  std::map<std::string, std::deque<Work>> lanes_;  ///< A lane is here while something of it runs or waits.
  std::vector<std::thread> threads_;
};

}  // namespace penstock
