#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace penstock::dora {

/// Numbers and texts one behind the other: a number as a varint (zigzag), so that a difference between two times takes
/// three or four bytes.
class BytesWriter {
 public:
  void number(int64_t value) {
    auto rest = (static_cast<uint64_t>(value) << 1U) ^ static_cast<uint64_t>(value >> 63);
    for (; rest >= 0x80; rest >>= 7U) bytes_ += static_cast<char>(static_cast<unsigned char>(rest) | 0x80U);
    bytes_ += static_cast<char>(rest);
  }
  void count(size_t value) { number(static_cast<int64_t>(value)); }
  void text(std::string_view value) {
    count(value.size());
    bytes_ += value;
  }
  /// As the time since the one before.
  void time(Instant at) {
    const int64_t now = at.time_since_epoch().count();
    number(now - before_);
    before_ = now;
  }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
  int64_t before_ = 0;
};

/// Reads them back. What isn't there reads as 0 and empty, and `ok` says so.
class BytesReader {
 public:
  explicit BytesReader(std::string_view bytes) : rest_(bytes) {}

  int64_t number() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) break;
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7fU) << shift;
      if (byte < 0x80) return static_cast<int64_t>(value >> 1U) ^ -static_cast<int64_t>(value & 1U);
    }
    ok_ = false;
    rest_ = {};
    return 0;
  }
  /// How many things follow, each of a byte at least.
  size_t count() {
    const int64_t value = number();
    if (value >= 0 && static_cast<uint64_t>(value) <= rest_.size()) return static_cast<size_t>(value);
    ok_ = false;
    return 0;
  }
  std::string text() {
    const size_t size = count();
    std::string value(rest_.substr(0, size));
    rest_.remove_prefix(value.size());
    return value;
  }
  Instant time() {
    // Damaged bytes may hold any number: it must not overflow.
    before_ = static_cast<int64_t>(static_cast<uint64_t>(before_) + static_cast<uint64_t>(number()));
    return Instant(Duration(before_));
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  int64_t before_ = 0;
  bool ok_ = true;
};

}  // namespace penstock::dora
