#include "base/json_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace penstock {
namespace {

constexpr std::array<bool, 256> kNeedsCare = [] {
  std::array<bool, 256> table{};
  for (size_t byte = 0; byte < table.size(); ++byte)
    table[byte] = byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\';
  return table;
}();

bool needs_care(char byte) { return kNeedsCare[static_cast<unsigned char>(byte)]; }

uint64_t load(const char* text) {
  uint64_t word = 0;
  std::memcpy(&word, text, sizeof word);
  return word;
}

/// Whether one of eight bytes may need care.
bool any_needs_care(uint64_t bytes) {
  constexpr uint64_t kEach = 0x0101010101010101;
  const auto has_zero = [](uint64_t word) { return (word - kEach) & ~word & (kEach * 0x80); };
  const uint64_t control = (bytes - kEach * 0x20) & ~bytes & (kEach * 0x80);
  return ((bytes & (kEach * 0x80)) | control | has_zero(bytes ^ (kEach * '"')) | has_zero(bytes ^ (kEach * '\\'))) != 0;
}

/// Length of the well-formed UTF-8 sequence at the start of `text` (RFC 3629: no surrogates, nothing overlong), or 0.
size_t sequence_length(std::string_view text) {
  const auto byte = [&](size_t at) { return static_cast<unsigned char>(text[at]); };
  const auto continues = [&](size_t at, unsigned low = 0x80, unsigned high = 0xBF) {
    return at < text.size() && byte(at) >= low && byte(at) <= high;
  };
  const unsigned lead = byte(0);
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : 0xBF;
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

/// Writes the escape of a byte below 0x20, a quote or a backslash.
char* put_escape(char* to, char byte) {
  constexpr std::string_view kShort = "\"\\\n\r\t\b\f";
  constexpr std::string_view kLetters = "\"\\nrtbf";
  *to++ = '\\';
  if (const size_t at = kShort.find(byte); at != std::string_view::npos) {
    *to++ = kLetters[at];
    return to;
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto code = static_cast<unsigned char>(byte);
  for (const char c : {'u', '0', '0', kDigits[code >> 4], kDigits[code & 15]}) *to++ = c;
  return to;
}

/// Writes the first character of a text that needs care, and takes it off.
char* put_carefully(char* to, std::string_view& text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  if (static_cast<unsigned char>(text[0]) < 0x80) {
    to = put_escape(to, text[0]);
    text.remove_prefix(1);
    return to;
  }
  const size_t length = sequence_length(text);
  const std::string_view put = length == 0 ? kReplacement : text.substr(0, length);
  text.remove_prefix(std::max<size_t>(length, 1));
  return std::copy(put.begin(), put.end(), to);
}

/// Copies eight bytes, unless one of them may need care.
bool put_word(char* to, const char* from) {
  const auto word = load(from);
  if (any_needs_care(word)) return false;
  std::memcpy(to, &word, sizeof word);
  return true;
}

/// Copies what needs no care, `most` bytes at most, and takes it off: whole words for as long as it goes, what is left
/// of the last one together with the bytes before it.
char* put_plain(char* to, std::string_view& text, size_t most) {
  constexpr size_t kWord = sizeof(uint64_t);
  const char* from = text.data();
  size_t at = 0;
  while (most - at >= kWord && put_word(to + at, from + at)) at += kWord;
  if (at > 0 && most - at < kWord && put_word(to + most - kWord, from + most - kWord)) at = most;
  for (; at < most && !needs_care(from[at]); ++at) to[at] = from[at];
  text.remove_prefix(at);
  return to + at;
}

/// What one character of a text becomes at most: `\u001f`.
constexpr size_t kLongestEscape = 6;

constexpr size_t kLongestNumber = 40;

/// Longer texts are written in pieces.
constexpr size_t kLongestPiece = 1024;

}  // namespace

char* JsonWriter::emptied(char* from) {
  output_.append(buffer_.data(), from);
  return buffer_.data();
}

char* JsonWriter::put(char* to, std::string_view text) {
  for (;;) {
    const std::string_view piece = text.substr(0, kLongestPiece);
    to = std::copy(piece.begin(), piece.end(), room(to, piece.size()));
    if (piece.size() == text.size()) return to;
    text.remove_prefix(piece.size());
  }
}

char* JsonWriter::break_line(char* to) {
  return put(to, "\n" + std::string(depth_ * static_cast<size_t>(indent_), ' '));
}

char* JsonWriter::put_quoted(char* to, std::string_view text) {
  *to++ = '"';
  while (!text.empty()) {
    const size_t most = std::min(text.size(), kLongestPiece);
    to = put_plain(room(to, most), text, most);
    if (!text.empty() && needs_care(text[0])) to = put_carefully(room(to, kLongestEscape), text);
  }
  *to++ = '"';
  return to;
}

JsonWriter& JsonWriter::open(char bracket) {
  char* to = begin_item(1);
  *to++ = bracket;
  ++depth_;
  end_item(to);
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  --depth_;
  char* to = room(buffer_.data() + used_, 1);
  if (!first_ && indent_ > 0) to = room(break_line(to), 1);
  *to++ = bracket;
  return end_item(to);
}

JsonWriter& JsonWriter::begin_object() { return open('{'); }

JsonWriter& JsonWriter::end_object() { return close('}'); }

JsonWriter& JsonWriter::begin_array() { return open('['); }

JsonWriter& JsonWriter::end_array() { return close(']'); }

JsonWriter& JsonWriter::key(const JsonKey& key) {
  end_item(put_key(begin_item(JsonKey::kRoom), key));
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::dynamic_key(std::string_view name) {
  char* to = put_quoted(begin_item(0), name);
  *to++ = ':';
  end_item(end_key(to));
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::member(const JsonKey& key, std::string_view text) {
  char* to = put_key(begin_item(JsonKey::kRoom), key);
  return end_item(put_quoted(room(to, 0), text));
}

JsonWriter& JsonWriter::value(std::string_view text) { return end_item(put_quoted(begin_item(0), text)); }

JsonWriter& JsonWriter::go_on(size_t depth) {
  depth_ = depth;
  first_ = false;
  return *this;
}

JsonWriter& JsonWriter::break_off() {
  output_.append(buffer_.data(), used_);
  used_ = 0;
  return *this;
}

template <class Number>
JsonWriter& JsonWriter::put_number(Number number) {
  char* to = begin_item(kLongestNumber);
  return end_item(std::to_chars(to, to + kLongestNumber, number).ptr);
}

JsonWriter& JsonWriter::value(int64_t number) { return put_number(number); }

JsonWriter& JsonWriter::value(uint64_t number) { return put_number(number); }

JsonWriter& JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();  // JSON has no word for it
  return put_number(number);
}

JsonWriter& JsonWriter::value(bool truth) { return raw(truth ? "true" : "false"); }

JsonWriter& JsonWriter::null() { return raw("null"); }

JsonWriter& JsonWriter::raw(std::string_view json) { return end_item(put(begin_item(0), json)); }

}  // namespace penstock
