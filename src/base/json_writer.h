#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/time.h"

namespace penstock {

/// Appends JSON to a string in one pass, without a tree: for what is written often or is large. Compact unless `indent`
/// > 0. Invalid UTF-8 becomes U+FFFD, so what comes out is always valid JSON. The caller keeps begin/end in balance.
/// The string is whole once the outermost value is closed; of a large one the caller may take away before what is
/// there.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& output, int indent = 0) : output_(output), indent_(indent) {}

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool truth);
  JsonWriter& value(int64_t number);
  JsonWriter& value(int number) { return value(static_cast<int64_t>(number)); }
  JsonWriter& value(uint64_t number);
  JsonWriter& value(uint32_t number) { return value(static_cast<uint64_t>(number)); }
  JsonWriter& value(double number);  ///< null for what is no finite number.
  JsonWriter& null();
  /// As stored: milliseconds, of a moment since 1970.
  JsonWriter& value(Duration duration) { return value(int64_t{duration.count()}); }
  JsonWriter& value(Instant instant) { return value(instant.time_since_epoch()); }
  /// JSON that is there already, such as a stored plan.
  JsonWriter& raw(std::string_view json);

  JsonWriter& member(std::string_view name, std::string_view text);
  template <class T>
  JsonWriter& member(std::string_view name, const T& content) {
    key(name);
    return value(content);
  }

  /// The member, unless it says nothing: an empty text, false, 0. json_reading::Members::optional reads it back.
  JsonWriter& optional(std::string_view name, std::string_view text) {
    return text.empty() ? *this : member(name, text);
  }
  template <class T>
  requires std::is_arithmetic_v<T> JsonWriter& optional(std::string_view name, T content) {
    return content == T() ? *this : member(name, content);
  }
  template <class T>
  JsonWriter& optional(std::string_view name, const std::optional<T>& content) {
    return content ? member(name, *content) : *this;
  }

 private:
  char* begin_item(size_t count);
  JsonWriter& end_item(const char* end);
  char* room(char* from, size_t count);
  char* put(char* to, std::string_view text);
  char* put_quoted(char* to, std::string_view text);
  char* put_key(char* to, std::string_view name);
  char* break_line(char* to);
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  template <class Number>
  JsonWriter& put_number(Number number);

  std::string& output_;
  int indent_;
  size_t depth_ = 0;
  bool first_ = true;  ///< In the innermost object or array.
  bool after_key_ = false;
  size_t used_ = 0;
  std::array<char, 4096> buffer_;  ///< What comes next in `output_`.
};

}  // namespace penstock
