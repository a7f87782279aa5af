#include "cli/size_words.h"

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace penstock {
namespace {

constexpr std::array<std::string_view, 5> kUnits{"B", "kB", "MB", "GB", "TB"};

}  // namespace

std::string size_words(uint64_t bytes) {
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 || value >= 10 ? "%.0f %s" : "%.1f %s", value, kUnits[unit].data());
  return text.data();
}

std::optional<uint64_t> size_from_words(std::string_view words) {
  double value = 0;
  const auto [end, error] = std::from_chars(words.data(), words.data() + words.size(), value);
  if (error != std::errc() || !(value >= 0)) return std::nullopt;
  std::string unit;
  for (const char* c = end; c != words.data() + words.size(); ++c) {
    if (*c != ' ') unit += static_cast<char>(std::toupper(static_cast<unsigned char>(*c)));
  }
  double factor = 1;
  for (const std::string_view known : kUnits) {
    std::string upper(known);
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (unit == upper || (unit.size() == 1 && unit[0] == upper[0]) || (unit.empty() && known == "B")) {
      const double bytes = value * factor;
      if (bytes > 9e18) return std::nullopt;
      return static_cast<uint64_t>(std::llround(bytes));
    }
    factor *= 1000;
  }
  return std::nullopt;
}

}  // namespace penstock
