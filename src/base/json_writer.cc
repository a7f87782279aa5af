#include "base/json_writer.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace penstock {
namespace {

bool needs_care(unsigned char byte) { return byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\'; }

/// Whether one of the eight bytes at `text` may need care.
bool any_needs_care(const char* text) {
  constexpr uint64_t kEach = 0x0101010101010101;
  uint64_t bytes = 0;
  std::memcpy(&bytes, text, sizeof bytes);
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

void append_escaped(std::string& output, unsigned char byte) {
  switch (byte) {
    case '"':
      output += "\\\"";
      return;
    case '\\':
      output += "\\\\";
      return;
    case '\n':
      output += "\\n";
      return;
    case '\r':
      output += "\\r";
      return;
    case '\t':
      output += "\\t";
      return;
    case '\b':
      output += "\\b";
      return;
    case '\f':
      output += "\\f";
      return;
    default:
      break;
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  output += "\\u00";
  output += kDigits[byte >> 4];
  output += kDigits[byte & 15];
}

void append_quoted(std::string& output, std::string_view text) {
  output += '"';
  size_t plain = 0;  // where the run of bytes that can be copied as they are begins
  for (size_t at = 0; at < text.size();) {
    while (text.size() - at >= sizeof(uint64_t) && !any_needs_care(text.data() + at)) at += sizeof(uint64_t);
    if (at == text.size()) break;
    const auto byte = static_cast<unsigned char>(text[at]);
    if (!needs_care(byte)) {
      ++at;
      continue;
    }
    if (byte >= 0x80) {
      if (const size_t length = sequence_length(text.substr(at))) {
        at += length;
        continue;
      }
    }
    output.append(text, plain, at - plain);
    if (byte >= 0x80) {
      output += "\xEF\xBF\xBD";
    } else {
      append_escaped(output, byte);
    }
    plain = ++at;
  }
  output.append(text, plain);
  output += '"';
}

template <class Number>
void append_number(std::string& output, Number number) {
  std::array<char, 40> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  output.append(text.data(), static_cast<size_t>(end - text.data()));
}

}  // namespace

void JsonWriter::break_line() {
  if (indent_ <= 0) return;
  output_ += '\n';
  output_.append(has_items_.size() * static_cast<size_t>(indent_), ' ');
}

/// What stands between the item before and the one that comes now.
void JsonWriter::separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (has_items_.empty()) return;
  if (has_items_.back()) output_ += ',';
  has_items_.back() = true;
  break_line();
}

void JsonWriter::close(char bracket) {
  const bool had_items = has_items_.back();
  has_items_.pop_back();
  if (had_items) break_line();
  output_ += bracket;
}

JsonWriter& JsonWriter::begin_object() {
  separate();
  output_ += '{';
  has_items_.push_back(false);
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  close('}');
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  separate();
  output_ += '[';
  has_items_.push_back(false);
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  close(']');
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  append_quoted(output_, name);
  output_ += indent_ > 0 ? ": " : ":";
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  append_quoted(output_, text);
  return *this;
}

JsonWriter& JsonWriter::value(bool truth) { return raw(truth ? "true" : "false"); }

JsonWriter& JsonWriter::value(int64_t number) {
  separate();
  append_number(output_, number);
  return *this;
}

JsonWriter& JsonWriter::value(uint64_t number) {
  separate();
  append_number(output_, number);
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();  // JSON has no word for it
  separate();
  append_number(output_, number);
  return *this;
}

JsonWriter& JsonWriter::null() { return raw("null"); }

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  output_ += json;
  return *this;
}

}  // namespace penstock
