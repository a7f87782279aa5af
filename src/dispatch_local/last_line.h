#pragma once

#include <mutex>
#include <string>
#include <string_view>

namespace penstock {

/// The end of what a job has printed, for a display that shows its last line. Costs the same for a piece of any size.
/// Thread-safe.
class LastLine {
 public:
  void append(std::string_view piece);
  /// The last line that isn't empty, without its end; one that a carriage return has replaced doesn't count.
  [[nodiscard]] std::string get() const;

 private:
  static constexpr size_t kTail = 1024;  // bytes; longer lines lose their beginning
  mutable std::mutex mutex_;
  std::string tail_;
};

}  // namespace penstock
