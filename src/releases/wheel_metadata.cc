#include "releases/wheel_metadata.h"

#include <zlib.h>

#include <algorithm>
#include <cstdint>

namespace penstock {
namespace {

// The zip format (APPNOTE.TXT): the list of its members stands at the end.
constexpr std::string_view kEndMark("PK\5\6", 4);
constexpr std::string_view kEntryMark("PK\1\2", 4);
constexpr std::string_view kLocalMark("PK\3\4", 4);
constexpr size_t kEndSize = 22;
constexpr size_t kEntrySize = 46;
constexpr size_t kLocalSize = 30;
constexpr size_t kLongestComment = 65535;
constexpr size_t kLargest = size_t{4} << 20;

uint32_t number(std::string_view bytes, size_t at, size_t size) {
  uint32_t value = 0;
  for (size_t i = size; i-- > 0;) value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

std::optional<std::string> inflated(std::string_view packed, size_t size) {
  std::string text(size, '\0');
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return std::nullopt;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  const bool whole = inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.total_out == size;
  inflateEnd(&stream);
  return whole ? std::optional(std::move(text)) : std::nullopt;
}

/// The member whose entry in the list begins at `at`.
std::optional<std::string> unpacked(std::string_view wheel, size_t at) {
  const uint32_t method = number(wheel, at + 10, 2);
  const size_t packed = number(wheel, at + 20, 4);
  const size_t size = number(wheel, at + 24, 4);
  const size_t local = number(wheel, at + 42, 4);
  if (size > kLargest || local + kLocalSize > wheel.size() || !wheel.substr(local).starts_with(kLocalMark)) {
    return std::nullopt;
  }
  const size_t begin = local + kLocalSize + number(wheel, local + 26, 2) + number(wheel, local + 28, 2);
  if (begin > wheel.size() || packed > wheel.size() - begin) return std::nullopt;
  const std::string_view bytes = wheel.substr(begin, packed);
  if (method == 0 && packed == size) return std::string(bytes);
  return method == Z_DEFLATED ? inflated(bytes, size) : std::nullopt;
}

bool is_metadata(std::string_view name) {
  return name.ends_with(".dist-info/METADATA") && std::count(name.begin(), name.end(), '/') == 1;
}

}  // namespace

std::optional<std::string> wheel_metadata(std::string_view wheel) {
  const size_t tail = wheel.size() - std::min(wheel.size(), kEndSize + kLongestComment);
  const size_t end = wheel.rfind(kEndMark);
  if (end == std::string_view::npos || end < tail || end + kEndSize > wheel.size()) return std::nullopt;
  size_t at = number(wheel, end + 16, 4);
  while (at + kEntrySize <= end && wheel.substr(at).starts_with(kEntryMark)) {
    const size_t name = number(wheel, at + 28, 2);
    if (at + kEntrySize + name > end) return std::nullopt;
    if (is_metadata(wheel.substr(at + kEntrySize, name))) return unpacked(wheel, at);
    at += kEntrySize + name + number(wheel, at + 30, 2) + number(wheel, at + 32, 2);
  }
  return std::nullopt;
}

}  // namespace penstock
