#include "yaml/scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::yaml {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool equals(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; });
}

bool all(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

std::string_view without_sign(std::string_view text) {
  return text.starts_with('+') || text.starts_with('-') ? text.substr(1) : text;
}

std::string without_separators(std::string_view text) {
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits), [](char c) { return c != '_' && c != ','; });
  return digits;
}

/// `0b1010`, `0755`, `42`, `0x2A`, with `_` and `,` between the digits.
bool is_integer(std::string_view text) {
  text = without_sign(text);
  if (text.empty() || !is_digit(text[0])) return false;
  const std::string_view rest = text.substr(1);
  if (text[0] != '0') return all(rest, "0123456789_,");
  if (rest.empty()) return true;
  const std::string_view digits = rest.substr(1);
  const bool some = digits.find_first_not_of("_,") != std::string_view::npos;
  if (rest[0] == 'b') return some && all(digits, "01_,");
  if (rest[0] == 'x') return some && all(digits, "0123456789abcdefABCDEF_,");
  return all(rest, "01234567_,");
}

/// `1.5`, `.5`, `1,000.0`, `1.0e+3` (the exponent needs its sign).
bool is_float(std::string_view text) {
  text = without_sign(text);
  const size_t point = text.find('.');
  if (point == std::string_view::npos) return false;
  const std::string_view whole = text.substr(0, point);
  std::string_view fraction = text.substr(point + 1);
  if (!whole.empty() && (!is_digit(whole[0]) || !all(whole, "0123456789_,"))) return false;
  const size_t exponent = fraction.find_first_of("eE");
  if (exponent != std::string_view::npos) {
    const std::string_view power = fraction.substr(exponent + 1);
    if (power.size() < 2 || (power[0] != '+' && power[0] != '-') || !all(power.substr(1), "0123456789")) return false;
    fraction = fraction.substr(0, exponent);
  }
  return all(fraction, "0123456789") && !(whole.empty() && fraction.empty());
}

/// `1:30`, `12:30:45`, and with a fraction behind: numbers to base 60.
bool is_sexagesimal(std::string_view text, bool fraction) {
  text = without_sign(text);
  if (fraction) {
    const size_t point = text.find('.');
    if (point == std::string_view::npos || !all(text.substr(point + 1), "0123456789_")) return false;
    text = text.substr(0, point);
  }
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_digit(text[0]) ||
      !all(text.substr(0, colon), "0123456789_")) {
    return false;
  }
  text.remove_prefix(colon);
  for (int parts = 0; parts < 2; ++parts) {
    if (text.empty()) return parts > 0;
    if (text.size() < 2 || text[0] != ':' || !is_digit(text[1])) return false;
    const bool two = text.size() > 2 && is_digit(text[2]);
    if (two && text[1] > '5') return false;
    text.remove_prefix(two ? 3 : 2);
  }
  return text.empty();
}

/// Takes up to `most` digits off the front; false for none.
bool take_digits(std::string_view& text, size_t least, size_t most, int& number) {
  size_t length = 0;
  number = 0;
  while (length < most && length < text.size() && is_digit(text[length])) number = number * 10 + (text[length++] - '0');
  if (length < least) return false;
  text.remove_prefix(length);
  return true;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

/// `2026-11-21`, and with a time of day behind it.
std::optional<ScalarType> date_type(std::string_view text) {
  const bool negative = take(text, '-');
  int year = 0;
  int month = 0;
  int day = 0;
  int ignored = 0;
  if (!take_digits(text, 4, 4, year) || !take(text, '-') || !take_digits(text, 1, 2, month) || !take(text, '-') ||
      !take_digits(text, 1, 2, day)) {
    return std::nullopt;
  }
  if (text.empty()) {
    constexpr std::array<int, 12> kDays = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    const bool exists = month >= 1 && month <= 12 && day >= 1 && day <= kDays[static_cast<size_t>(month - 1)] &&
                        (month != 2 || day < 29 || leap);
    return exists && !negative ? std::optional(ScalarType::date) : std::nullopt;
  }
  if (!take(text, 'T') && !take(text, 't')) {
    if (text[0] != ' ' && text[0] != '\t') return std::nullopt;
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  }
  if (!take_digits(text, 1, 2, ignored) || !take(text, ':') || !take_digits(text, 2, 2, ignored) || !take(text, ':') ||
      !take_digits(text, 2, 2, ignored)) {
    return std::nullopt;
  }
  if (take(text, '.')) text.remove_prefix(std::min(text.find_first_not_of("0123456789"), text.size()));
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  if (text.empty() || text == "Z") return ScalarType::time;
  if (!take(text, '+') && !take(text, '-')) return std::nullopt;
  if (!take_digits(text, 1, 2, ignored)) return std::nullopt;
  take(text, ':');
  return text.empty() || (take_digits(text, 2, 2, ignored) && text.empty()) ? std::optional(ScalarType::time)
                                                                            : std::nullopt;
}

std::optional<double> special_float(std::string_view text) {
  if (equals(text, ".inf") || equals(text, "+.inf")) return std::numeric_limits<double>::infinity();
  if (equals(text, "-.inf")) return -std::numeric_limits<double>::infinity();
  if (equals(text, ".nan")) return std::numeric_limits<double>::quiet_NaN();
  return std::nullopt;
}

/// Ruby's `to_i` and `to_f`: what can be read from the front, `_` passed over.
double leading_number(std::string_view text) {
  const std::string digits = without_separators(text);
  const std::string_view view = digits.starts_with('+') ? std::string_view(digits).substr(1) : std::string_view(digits);
  double value = 0;
  std::from_chars(view.data(), view.data() + view.size(), value, std::chars_format::fixed);
  return value;
}

/// Psych weighs the parts by 60², 60¹ and 60⁰ from the left, however many there are: `1:30` is an hour and a half.
double sexagesimal(std::string_view text) {
  double value = 0;
  for (double weight = 3600;; weight /= 60) {
    const size_t colon = text.find(':');
    value += leading_number(text.substr(0, colon)) * weight;
    if (colon == std::string_view::npos) return value;
    text.remove_prefix(colon + 1);
  }
}

}  // namespace

ScalarType type_of(std::string_view text) {
  if (text.empty()) return ScalarType::null;
  switch (text[0]) {
    case '~':
      return text.size() == 1 ? ScalarType::null : ScalarType::string;
    case 'n':
    case 'N':
      if (equals(text, "null")) return ScalarType::null;
      return equals(text, "no") ? ScalarType::boolean : ScalarType::string;
    case 't':
    case 'T':
      return equals(text, "true") ? ScalarType::boolean : ScalarType::string;
    case 'f':
    case 'F':
      return equals(text, "false") ? ScalarType::boolean : ScalarType::string;
    case 'y':
    case 'Y':
      return equals(text, "yes") ? ScalarType::boolean : ScalarType::string;
    case 'o':
    case 'O':
      return equals(text, "on") || equals(text, "off") ? ScalarType::boolean : ScalarType::string;
    default:
      break;
  }
  if (!is_digit(text[0]) && text[0] != '+' && text[0] != '-' && text[0] != '.') return ScalarType::string;
  if (text.find('\n') != std::string_view::npos) return ScalarType::string;
  if (const auto date = date_type(text)) return *date;
  if (is_integer(text) || is_sexagesimal(text, false)) return ScalarType::integer;
  if (is_float(text) || is_sexagesimal(text, true) || special_float(text)) return ScalarType::floating;
  return ScalarType::string;
}

bool bool_of(std::string_view text) { return equals(text, "true") || equals(text, "yes") || equals(text, "on"); }

std::optional<int64_t> int_of(std::string_view text) {
  if (text.find(':') != std::string_view::npos) {
    const double value = sexagesimal(text);
    if (std::abs(value) > 9e15) return std::nullopt;
    return static_cast<int64_t>(value);
  }
  const bool negative = text.starts_with('-');
  std::string digits = without_separators(without_sign(text));
  int base = 10;
  if (digits.size() > 1 && digits[0] == '0') {
    base = digits[1] == 'x' ? 16 : digits[1] == 'b' ? 2 : 8;
    digits.erase(0, base == 8 ? 1 : 2);
  }
  uint64_t value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  const uint64_t largest = uint64_t{std::numeric_limits<int64_t>::max()} + (negative ? 1 : 0);
  if (read.ec != std::errc() || value > largest) return std::nullopt;
  return static_cast<int64_t>(negative ? 0 - value : value);
}

double float_of(std::string_view text) {
  if (const auto special = special_float(text)) return *special;
  if (text.find(':') != std::string_view::npos) return sexagesimal(text);
  const std::string digits = without_separators(text.starts_with('+') ? text.substr(1) : text);
  double value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (read.ec != std::errc::result_out_of_range) return value;
  const double limit = text.find("e-") != std::string_view::npos || text.find("E-") != std::string_view::npos
                           ? 0.0
                           : std::numeric_limits<double>::infinity();
  return digits.starts_with('-') ? -limit : limit;
}

std::string int_to_text(std::string_view text) {
  if (const auto value = int_of(text)) return std::to_string(*value);
  // Beyond 64 bits: a decimal number reads the same but for its separators and plus sign.
  return without_separators(text.starts_with('+') ? text.substr(1) : text);
}

std::string float_to_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  std::array<char, 40> buffer{};
  const auto written =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  std::string_view text(buffer.data(), static_cast<size_t>(written.ptr - buffer.data()));
  const std::string sign = text.starts_with('-') ? "-" : "";
  text = without_sign(text);
  const size_t e = text.find('e');
  int exponent = 0;
  const std::string_view power = text.substr(e + 1);
  std::from_chars(power.data() + (power[0] == '+' ? 1 : 0), power.data() + power.size(), exponent);
  std::string digits(1, text[0]);
  if (e > 2) digits += text.substr(2, e - 2);
  // Ruby writes 0.0001 up to just below 1e16 without an exponent.
  if (value == 0) return sign + "0.0";
  if (exponent < -4 || exponent >= 16) {
    const std::string number = std::to_string(std::abs(exponent));
    return sign + digits.substr(0, 1) + "." + (digits.size() > 1 ? digits.substr(1) : "0") + "e" +
           (exponent < 0 ? "-" : "+") + (number.size() < 2 ? "0" : "") + number;
  }
  if (exponent < 0) return sign + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
  const auto whole = static_cast<size_t>(exponent) + 1;
  if (digits.size() < whole) digits.append(whole - digits.size(), '0');
  return sign + digits.substr(0, whole) + "." + (digits.size() > whole ? digits.substr(whole) : "0");
}

}  // namespace penstock::yaml
