#include "base/duration.h"

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

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  double total = 0;
  bool any = false;
  for (text = skip_joints(text); !text.empty(); text = skip_joints(text)) {
    if (!is_digit(text.front())) return std::nullopt;
    double number = 0;
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (problem != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    std::string word = text.starts_with("and ") ? std::string() : take_word(text);
    std::optional<double> unit = word.empty() ? 1 : seconds_of(word);
    if (!unit) return std::nullopt;
    total += number * *unit;
    if (total > kLongest) return std::nullopt;
    any = true;
  }
  if (!any) return std::nullopt;
  return Duration(std::llround(total * 1000.0));
}

}  // namespace penstock
