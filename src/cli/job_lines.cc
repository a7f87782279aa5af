#include "cli/job_lines.h"

#include "base/text_width.h"

namespace penstock {
namespace {

constexpr size_t kLongestRest = size_t{64} << 10;  // a line without end is shown in parts

}  // namespace

void JobLines::begin(int64_t attempt_id, std::string_view job) {
  const std::lock_guard lock(mutex_);
  streams_[attempt_id].prefix = output_.style.dim(printable(job) + " |") + " ";
}

void JobLines::write(int64_t attempt_id, std::string_view piece) {
  const std::lock_guard lock(mutex_);
  Stream& stream = streams_[attempt_id];
  batch_.clear();
  while (!piece.empty()) {
    const size_t end = piece.find('\n');
    const std::string_view line = piece.substr(0, end);
    if (end == std::string_view::npos) {
      stream.rest += line;
      break;
    }
    batch_.append(stream.prefix).append(stream.rest).append(line).push_back('\n');
    stream.rest.clear();
    piece.remove_prefix(end + 1);
  }
  if (stream.rest.size() > kLongestRest) {
    batch_.append(stream.prefix).append(stream.rest).push_back('\n');
    stream.rest.clear();
  }
  if (!stream.prefix.empty()) output_.write(batch_);
}

void JobLines::end(int64_t attempt_id) {
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(attempt_id);
  if (found == streams_.end()) return;
  if (!found->second.rest.empty()) output_.write(found->second.prefix + found->second.rest + "\n");
  streams_.erase(found);
}

void JobLines::line(std::string_view text) {
  const std::lock_guard lock(mutex_);
  output_.write(std::string(text) + "\n");
}

}  // namespace penstock
