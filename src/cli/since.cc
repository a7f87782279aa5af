#include "cli/since.h"

#include <charconv>
#include <optional>
#include <string>

namespace penstock {
namespace {

std::optional<int> whole(std::string_view digits) {
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool is_all = error == std::errc() && end == digits.data() + digits.size();
  return is_all && number >= 0 && !digits.empty() && digits.front() != '-' ? std::optional(number) : std::nullopt;
}

std::optional<Duration> unit_of(char letter) {
  switch (letter) {
    case 'h':
      return std::chrono::hours(1);
    case 'd':
      return std::chrono::days(1);
    case 'w':
      return std::chrono::weeks(1);
    default:
      return std::nullopt;
  }
}

std::optional<Instant> day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = whole(text.substr(0, 4));
  const auto month = whole(text.substr(5, 2));
  const auto of_month = whole(text.substr(8, 2));
  if (!year || !month || !of_month) return std::nullopt;
  const auto date = std::chrono::year(*year) / *month / *of_month;
  return date.ok() ? std::optional(Instant(std::chrono::sys_days(date))) : std::nullopt;
}

}  // namespace

Result<Instant> parse_since(std::string_view text, Instant now) {
  if (const auto date = day(text)) return *date;
  constexpr int kLongest = 1'000'000;
  const auto unit = text.empty() ? std::nullopt : unit_of(text.back());
  const auto number = unit ? whole(text.substr(0, text.size() - 1)) : std::nullopt;
  if (number && *number <= kLongest) return now - *number * *unit;
  return Error{Fault::user, "`" + std::string(text) + "` is no time to look back to", "such as 30d, 12w or 2026-08-01"};
}

}  // namespace penstock
