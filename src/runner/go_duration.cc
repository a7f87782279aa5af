#include "runner/go_duration.h"

#include <cstdlib>
#include <string>
#include <utility>

namespace penstock {
namespace {

constexpr std::pair<std::string_view, double> kUnits[] = {{"ns", 1e-6}, {"us", 1e-3}, {"ms", 1},
                                                          {"s", 1e3},   {"m", 6e4},   {"h", 3.6e6}};
constexpr double kLongest = 1e13;  // some 300 years

}  // namespace

std::optional<Duration> parse_go_duration(std::string_view text) {
  if (text == "0") return Duration(0);
  double milliseconds = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const size_t number = text.find_first_not_of("0123456789.");
    if (number == 0 || number == std::string_view::npos) return std::nullopt;
    const std::string digits(text.substr(0, number));
    char* end = nullptr;
    const double value = std::strtod(digits.c_str(), &end);
    if (*end != '\0') return std::nullopt;
    text.remove_prefix(number);
    const std::string_view unit = text.substr(0, text.find_first_of("0123456789."));
    double factor = 0;
    for (const auto& [name, size] : kUnits) {
      if (name == unit) factor = size;
    }
    milliseconds += value * factor;
    if (factor == 0 || milliseconds > kLongest) return std::nullopt;
    text.remove_prefix(unit.size());
  }
  return Duration(static_cast<int64_t>(milliseconds));
}

}  // namespace penstock
