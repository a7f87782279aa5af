#include "base/time.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <string>

namespace penstock {
namespace {

std::string padded(int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); }

}  // namespace

std::string to_iso8601(Instant instant) {
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(instant - day)};
  std::array<char, 48> text{};
  const int length = std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", int(date.year()),
                                   unsigned(date.month()), unsigned(date.day()), int(clock.hours().count()),
                                   int(clock.minutes().count()), int(clock.seconds().count()));
  return {text.data(), static_cast<size_t>(length)};
}

std::string to_words(Duration duration) {
  const int64_t milliseconds = duration.count();
  if (milliseconds < 0) return "0.0s";
  // Under ten seconds a tenth matters; it is cut, not rounded, so that a limit never reads as passed before it is.
  if (milliseconds < 10'000)
    return std::to_string(milliseconds / 1000) + "." + std::to_string(milliseconds / 100 % 10) + "s";
  const int64_t seconds = milliseconds / 1000;
  if (seconds < 60) return std::to_string(seconds) + "s";
  if (seconds < 3600) return std::to_string(seconds / 60) + "m" + padded(seconds % 60) + "s";
  if (seconds < 86400) return std::to_string(seconds / 3600) + "h" + padded(seconds / 60 % 60) + "m";
  return std::to_string(seconds / 86400) + "d" + std::to_string(seconds / 3600 % 24) + "h";
}

}  // namespace penstock
