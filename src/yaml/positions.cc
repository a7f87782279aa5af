#include "yaml/positions.h"

#include <algorithm>
#include <string_view>

namespace penstock::yaml {
namespace {

bool is_plain(std::string_view text) {
  unsigned char bits = 0;
  for (const char c : text) bits |= static_cast<unsigned char>(c);
  if (bits >= 0x80) return false;
  for (size_t at = text.find('\r'); at != std::string_view::npos; at = text.find('\r', at + 1)) {
    if (at + 1 == text.size() || text[at + 1] != '\n') return false;
  }
  return true;
}

}  // namespace

Positions::Positions(std::string_view text) : text_(text), plain_(is_plain(text)) {}

void Positions::take_character() {
  const char c = text_[byte_];
  const auto lead = static_cast<unsigned char>(c);
  byte_ = std::min(byte_ + (lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4), text_.size());
  ++index_;
  if (c != '\n') return;
  ++line_;
  line_start_ = byte_;
}

void Positions::walk_to(size_t index) {
  if (index < index_) {
    index_ = byte_ = line_start_ = 0;
    line_ = 1;
  }
  while (index_ < index && byte_ < text_.size()) take_character();
}

Position Positions::of_mark(size_t index, size_t line, size_t column) {
  if (plain_) return {static_cast<uint32_t>(line + 1), static_cast<uint32_t>(column + 1)};
  walk_to(index);
  return {line_, static_cast<uint32_t>(byte_ - line_start_ + 1)};
}

Position Positions::of_byte(size_t offset) {
  const std::string_view before = text_.substr(0, std::min(offset, text_.size()));
  const auto lines = static_cast<uint32_t>(std::count(before.begin(), before.end(), '\n'));
  const size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return {lines + 1, static_cast<uint32_t>(before.size() - start + 1)};
}

}  // namespace penstock::yaml
