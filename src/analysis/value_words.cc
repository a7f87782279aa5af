#include "analysis/value_words.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace penstock {
namespace {

std::string formatted(const char* format, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

/// Two significant digits, without exponents: 0.0021 → `0.0021`, 12.34 → `12`.
std::string two_digits(double value) {
  if (value == 0 || !std::isfinite(value) || std::fabs(value) >= 10 || std::fabs(value) < 1e-6)
    return formatted(std::fabs(value) < 1e-6 ? "%.0f" : "%.4g", std::fabs(value) >= 10 ? std::round(value) : value);
  return formatted("%.2g", value);
}

}  // namespace

std::string percent_words(double share) { return two_digits(share * 100) + "%"; }

std::string value_words(const Metric& metric, double value) {
  switch (metric.source) {
    case Metric::Source::proxy_errors:
      return percent_words(value);
    case Metric::Source::proxy_latency:
      return std::fabs(value) >= 10'000 ? formatted("%.1f", value / 1000) + "s" : two_digits(value) + "ms";
    default:
      return formatted("%.4g", value);
  }
}

std::string times_words(double times) { return formatted("%.0f", times) + " times as much"; }

std::string p_words(double p) { return p < 0.0001 ? "p < 0.0001" : "p " + formatted("%.2g", p); }

}  // namespace penstock
