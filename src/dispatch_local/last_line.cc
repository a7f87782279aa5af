#include "dispatch_local/last_line.h"

namespace penstock {

void LastLine::append(std::string_view piece) {
  const std::lock_guard lock(mutex_);
  if (piece.size() >= kTail) {
    tail_.assign(piece.substr(piece.size() - kTail));
    return;
  }
  if (tail_.size() + piece.size() > 2 * kTail) tail_.erase(0, tail_.size() - kTail);
  tail_.append(piece);
}

std::string LastLine::get() const {
  const std::lock_guard lock(mutex_);
  constexpr std::string_view kEnds = "\r\n";
  const size_t end = tail_.find_last_not_of(kEnds);
  if (end == std::string::npos) return {};
  const size_t before = tail_.find_last_of(kEnds, end);
  const size_t begin = before == std::string::npos ? 0 : before + 1;
  return tail_.substr(begin, end + 1 - begin);
}

}  // namespace penstock
