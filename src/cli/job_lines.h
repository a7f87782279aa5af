#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "cli/output.h"

namespace penstock {

/// What jobs print, as plain lines with their job's name in front, whole lines in the order in which they ended. Called
/// from the jobs' threads.
class JobLines {
 public:
  explicit JobLines(const Output& output) : output_(output) {}

  /// From now on this attempt's lines are shown, under that name.
  void begin(int64_t attempt_id, std::string_view job);
  void write(int64_t attempt_id, std::string_view piece);
  /// Shows a last line that has no line break.
  void end(int64_t attempt_id);
  /// A line of our own among them.
  void line(std::string_view text);

 private:
  struct Stream {
    std::string prefix;
    std::string rest;  // of a line that hasn't ended
  };

  std::mutex mutex_;
  const Output& output_;
  std::unordered_map<int64_t, Stream> streams_;
  std::string batch_;
};

}  // namespace penstock
