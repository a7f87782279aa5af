#include "base/source.h"

#include <string>
#include <string_view>

namespace penstock {

std::string_view line_of(const SourceFile& file, uint32_t line) {
  std::string_view rest = file.text;
  if (line == 0) return {};
  for (uint32_t at = 1; at < line; ++at) {
    const size_t line_break = rest.find('\n');
    if (line_break == std::string_view::npos) return {};
    rest.remove_prefix(line_break + 1);
  }
  std::string_view text = rest.substr(0, rest.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

}  // namespace penstock
