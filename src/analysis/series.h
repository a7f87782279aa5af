#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"

namespace penstock {

/// A value and how often it was seen.
struct ValueCount {
  double value = 0;
  int64_t count = 0;

  friend bool operator==(const ValueCount&, const ValueCount&) = default;
};

/// What was seen of one metric from one group of instances: values, counted in blocks of time. A request that failed is
/// the value 1 and one that didn't is 0 (share of errors); a latency is in milliseconds. The blocks are what tells a
/// burst from many separate events, so that the judges don't take one for the other.
///
/// Its size has a limit whatever comes: values keep three significant digits, and blocks double their length when there
/// are more than `kMaxBlocks`. Block borders are multiples of the length since 1970, so those of two series agree.
class Series {
 public:
  static constexpr size_t kMaxBlocks = 256;

  struct Block {
    Instant start;
    std::vector<ValueCount> values;  ///< By value, rising.

    friend bool operator==(const Block&, const Block&) = default;
  };

  Series() = default;
  /// Of stored blocks, in any order. A block length below 1 ms is taken as 1 ms.
  Series(Duration block_length, std::vector<Block> blocks);

  /// Values may come in any order; about in order of time is quick. What isn't a finite number is left out.
  void add(Instant at, double value, int64_t count = 1);

  [[nodiscard]] Duration block_length() const { return length_; }
  [[nodiscard]] const std::vector<Block>& blocks() const { return blocks_; }  ///< By time, none empty.
  [[nodiscard]] int64_t count() const { return count_; }
  /// All values without their times, by value.
  [[nodiscard]] std::vector<ValueCount> values() const;
  /// The same with blocks of at least this length (a power of two times its own).
  [[nodiscard]] Series coarser(Duration length) const;

  friend bool operator==(const Series&, const Series&) = default;

 private:
  Block& block_at(Instant start);
  void shorten();

  Duration length_{std::chrono::milliseconds(250)};
  std::vector<Block> blocks_;
  int64_t count_ = 0;
};

}  // namespace penstock
