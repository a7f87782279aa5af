#include "base/last_lines.h"

namespace penstock {

std::string last_lines(const std::string& text, int count) {
  size_t end = text.find_last_not_of('\n');
  if (end == std::string::npos) return {};
  size_t begin = ++end;
  for (int i = 0; i < count; ++i) {
    const size_t line_break = begin == 0 ? std::string::npos : text.rfind('\n', begin - 1);
    if (line_break == std::string::npos) return text.substr(0, end);
    begin = line_break;
  }
  return text.substr(begin + 1, end - begin - 1);
}

}  // namespace penstock
