#include "analysis/sparkline.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace penstock {

std::string sparkline(const std::vector<double>& values, bool unicode, double top) {
  static constexpr std::array<std::string_view, 8> kBars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  static constexpr std::string_view kAscii = "_.-=+*#@";
  if (!(top > 0)) {
    top = 0;
    for (const double value : values) top = std::isfinite(value) ? std::max(top, value) : top;
  }
  std::string line;
  for (const double value : values) {
    if (!std::isfinite(value) || value < 0) {
      line += ' ';
      continue;
    }
    const double share = top > 0 ? std::min(value / top, 1.0) : 0;
    const auto bar = static_cast<size_t>(std::lround(share * 7));
    line += unicode ? kBars[bar] : kAscii.substr(bar, 1);
  }
  return line;
}

}  // namespace penstock
