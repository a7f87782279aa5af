#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/time.h"

namespace penstock {

/// The name of a member that stands in the code, as it is written: one that needs no escape, which the compiler checks.
/// All are copied in one go, whatever their length.
class JsonKey {
 public:
  static constexpr size_t kRoom = 32;

  template <size_t N>
  consteval JsonKey(const char (&name)[N]) : length_(N + 2) {  // NOLINT(google-explicit-constructor): a literal is one
    static_assert(N + 2 <= kRoom, "this name is too long");
    char* to = text_.data();
    *to++ = '"';
    for (const char c : std::string_view(name, N - 1)) {
      if (c < ' ' || c == '"' || c == '\\') throw "this name needs an escape";
      *to++ = c;
    }
    *to++ = '"';
    *to++ = ':';
  }
  /// Where there is kRoom.
  char* put(char* to) const {
    std::memcpy(to, text_.data(), kRoom);
    return to + length_;
  }

 private:
  std::array<char, kRoom> text_{};
  size_t length_;
};

/// A name that isn't known before.
template <class Name>
concept DynamicName = !std::is_array_v<Name> && std::convertible_to<const Name&, std::string_view>;

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
  JsonWriter& key(const JsonKey& name);
  template <DynamicName Name>
  JsonWriter& key(const Name& name) {
    return dynamic_key(name);
  }
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
  /// For a document in pieces, each by a writer of its own: goes on behind an item, `depth` objects and arrays deep,
  /// and stops behind one, so that `output` is whole as far as it goes.
  JsonWriter& go_on(size_t depth);
  JsonWriter& break_off();
  /// JSON that is there already, such as a stored plan.
  JsonWriter& raw(std::string_view json);

  JsonWriter& member(const JsonKey& name, std::string_view text);
  template <class T>
  requires(!std::convertible_to<const T&, std::string_view>) JsonWriter& member(const JsonKey& name, const T& content) {
    key(name);
    return value(content);
  }
  template <DynamicName Name, class T>
  JsonWriter& member(const Name& name, const T& content) {
    dynamic_key(name);
    return value(content);
  }

  /// The member, unless it says nothing: an empty text, false, 0. json_reading::Members::optional reads it back.
  JsonWriter& optional(const JsonKey& name, std::string_view text) { return text.empty() ? *this : member(name, text); }
  template <class T>
  requires std::is_arithmetic_v<T> JsonWriter& optional(const JsonKey& name, T content) {
    return content == T() ? *this : member(name, content);
  }
  template <class T>
  JsonWriter& optional(const JsonKey& name, const std::optional<T>& content) {
    return content ? member(name, *content) : *this;
  }

 private:
  /// Before an item: a comma. Around a text: two quotes, and a colon with a space behind a key.
  static constexpr size_t kPunctuation = 6;

  /// `from`, or the start of the buffer once it has been emptied, with room for `count` bytes and some punctuation.
  char* room(char* from, size_t count) {
    return buffer_.data() + buffer_.size() - from >= static_cast<std::ptrdiff_t>(count + kPunctuation) ? from
                                                                                                       : emptied(from);
  }
  /// Writes what stands before an item, and leaves room for `count` bytes with punctuation.
  char* begin_item(size_t count) {
    char* to = room(buffer_.data() + used_, count);
    if (std::exchange(after_key_, false) || depth_ == 0) return to;
    if (!first_) *to++ = ',';
    return indent_ > 0 ? room(break_line(to), count) : to;
  }
  JsonWriter& end_item(const char* end) {
    first_ = false;
    used_ = static_cast<size_t>(end - buffer_.data());
    return depth_ > 0 ? *this : break_off();
  }
  char* put_key(char* to, const JsonKey& key) { return end_key(key.put(to)); }
  /// Behind the colon.
  char* end_key(char* to) const {
    if (indent_ > 0) *to++ = ' ';
    return to;
  }
  JsonWriter& dynamic_key(std::string_view name);
  char* emptied(char* from);
  char* put(char* to, std::string_view text);
  char* put_quoted(char* to, std::string_view text);
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
