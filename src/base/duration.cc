#include "base/duration.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <string>

namespace penstock {
namespace {

constexpr double kLongest = 1000.0 * 365.25 * 86400.0;

struct Unit {
  std::string_view words;  // between spaces
  double seconds;
};

constexpr Unit kUnits[] = {
    {" s sec secs second seconds ", 1},        {" m min mins minute minutes ", 60},
    {" h hr hrs hour hours ", 3600},           {" d day days ", 86400},
    {" w wk wks week weeks ", 7 * 86400},      {" mo mos month months ", 30 * 86400},
    {" y yr yrs year years ", 365.25 * 86400},
};

std::optional<double> seconds_of(std::string_view word) {
  std::string padded = " " + std::string(word) + " ";
  for (const Unit& unit : kUnits) {
    if (unit.words.find(padded) != std::string_view::npos) return unit.seconds;
  }
  return std::nullopt;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

struct NumberWord {
  std::string_view word;
  int value;
};
constexpr NumberWord kNumberWords[] = {
    {"one", 1},       {"two", 2},       {"three", 3},    {"four", 4},     {"five", 5},       {"six", 6},
    {"seven", 7},     {"eight", 8},     {"nine", 9},     {"ten", 10},     {"eleven", 11},    {"twelve", 12},
    {"thirteen", 13}, {"fourteen", 14}, {"fifteen", 15}, {"sixteen", 16}, {"seventeen", 17}, {"eighteen", 18},
    {"nineteen", 19}, {"twenty", 20},   {"thirty", 30},  {"forty", 40},   {"fifty", 50},     {"sixty", 60},
    {"seventy", 70},  {"eighty", 80},   {"ninety", 90},  {"a", 1},        {"an", 1},
};

/// Skips blanks, commas and the word "and".
std::string_view skip_joints(std::string_view text) {
  while (!text.empty()) {
    if (std::isspace(static_cast<unsigned char>(text.front())) || text.front() == ',') {
      text.remove_prefix(1);
    } else if (text.starts_with("and ")) {
      text.remove_prefix(4);
    } else {
      break;
    }
  }
  return text;
}

std::string take_word(std::string_view& text) {
  std::string word;
  while (!text.empty() && is_letter(text.front())) {
    word += static_cast<char>(std::tolower(static_cast<unsigned char>(text.front())));
    text.remove_prefix(1);
  }
  return word;
}

int value_of(std::string_view word) {
  for (const NumberWord& known : kNumberWords) {
    if (known.word == word) return known.value;
  }
  return 0;
}

std::optional<double> take_digits(std::string_view& text) {
  double number = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (problem != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

/// `12`, `1.5`, `three`, `twenty five` or `twenty-five`.
std::optional<double> take_number(std::string_view& text) {
  if (is_digit(text.front())) return take_digits(text);
  const int value = value_of(take_word(text));
  if (value == 0) return std::nullopt;
  std::string_view rest = text.substr(std::min<size_t>(text.find_first_not_of(" -"), text.size()));
  const int units = value < 20 ? 0 : value_of(take_word(rest));
  if (units == 0 || units > 9) return value;
  text = rest;
  return value + units;
}

/// `1:30:00`: seconds, minutes, hours and days, from the right.
std::optional<double> read_clock(std::string_view text) {
  constexpr double kSeconds[] = {1, 60, 3600, 86400};
  double total = 0;
  for (const double seconds : kSeconds) {
    const size_t colon = text.rfind(':');
    std::string_view part = colon == std::string_view::npos ? text : text.substr(colon + 1);
    if (part.empty() || !is_digit(part.front())) return std::nullopt;
    const std::optional<double> number = take_digits(part);
    if (!number || !part.empty()) return std::nullopt;
    total += *number * seconds;
    if (colon == std::string_view::npos) return total;
    text = text.substr(0, colon);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  double total = 0;
  bool any = false;
  if (text.find(':') != std::string_view::npos) {
    const std::optional<double> seconds = read_clock(text);
    if (!seconds || *seconds > kLongest) return std::nullopt;
    return Duration(std::llround(*seconds * 1000.0));
  }
  for (text = skip_joints(text); !text.empty(); text = skip_joints(text)) {
    const std::optional<double> number = take_number(text);
    if (!number) return std::nullopt;
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    std::string word = text.starts_with("and ") ? std::string() : take_word(text);
    std::optional<double> unit = word.empty() ? 1 : seconds_of(word);
    if (!unit) return std::nullopt;
    total += *number * *unit;
    if (total > kLongest) return std::nullopt;
    any = true;
  }
  if (!any) return std::nullopt;
  return Duration(std::llround(total * 1000.0));
}

}  // namespace penstock
