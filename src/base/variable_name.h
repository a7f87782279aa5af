#pragma once

#include <cstddef>
#include <string_view>

namespace penstock {

/// A variable's name, as shells have it (POSIX, Base Definitions, 3.216): letters, digits and `_`, no digit first.
constexpr bool starts_variable_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
constexpr bool in_variable_name(char c) { return starts_variable_name(c) || (c >= '0' && c <= '9'); }

/// Of the name that a text begins with; 0 where it begins with none.
constexpr size_t variable_name_length(std::string_view text) {
  if (text.empty() || !starts_variable_name(text.front())) return 0;
  size_t length = 1;
  while (length < text.size() && in_variable_name(text[length])) ++length;
  return length;
}

constexpr bool is_variable_name(std::string_view text) {
  return !text.empty() && variable_name_length(text) == text.size();
}

}  // namespace penstock
