#include "analysis/series.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace penstock {
namespace {

/// Three significant digits: decimal, so that the value's text is short too.
double rounded(double value) {
  if (value == 0) return 0;
  const double places = 2 - std::floor(std::log10(std::fabs(value)));
  const double scale = std::pow(10.0, std::fabs(places));
  const double result = places >= 0 ? std::round(value * scale) / scale : std::round(value / scale) * scale;
  return std::isfinite(result) ? result : value;
}

Instant floor_to(Instant at, Duration length) {
  const int64_t time = at.time_since_epoch().count();
  const int64_t rest = time % length.count();
  return Instant(Duration(time - (rest < 0 ? rest + length.count() : rest)));
}

void add_value(std::vector<ValueCount>& values, const ValueCount& added) {
  const auto place = std::lower_bound(values.begin(), values.end(), added.value,
                                      [](const ValueCount& known, double value) { return known.value < value; });
  if (place != values.end() && place->value == added.value)
    place->count += added.count;
  else
    values.insert(place, added);
}

}  // namespace

Series::Series(Duration block_length, std::vector<Block> blocks) : length_(std::max(block_length, Duration(1))) {
  std::stable_sort(blocks.begin(), blocks.end(), [](const Block& a, const Block& b) { return a.start < b.start; });
  for (const Block& block : blocks) {
    for (const ValueCount& value : block.values) add(block.start, value.value, value.count);
  }
}

Series::Block& Series::block_at(Instant start) {
  if (blocks_.empty() || blocks_.back().start < start) return blocks_.emplace_back(Block{start, {}});
  const auto place = std::lower_bound(blocks_.begin(), blocks_.end(), start,
                                      [](const Block& block, Instant at) { return block.start < at; });
  if (place != blocks_.end() && place->start == start) return *place;
  return *blocks_.insert(place, Block{start, {}});
}

void Series::add(Instant at, double value, int64_t count) {
  if (!std::isfinite(value) || count <= 0) return;
  add_value(block_at(floor_to(at, length_)).values, {rounded(value), count});
  count_ += count;
  while (blocks_.size() > kMaxBlocks) shorten();
}

void Series::shorten() {
  length_ *= 2;
  std::vector<Block> old = std::exchange(blocks_, {});
  for (Block& block : old) {
    block.start = floor_to(block.start, length_);
    if (blocks_.empty() || blocks_.back().start != block.start) {
      blocks_.push_back(std::move(block));
    } else {
      for (const ValueCount& value : block.values) add_value(blocks_.back().values, value);
    }
  }
}

std::vector<ValueCount> Series::values() const {
  std::vector<ValueCount> all;
  for (const Block& block : blocks_) all.insert(all.end(), block.values.begin(), block.values.end());
  std::sort(all.begin(), all.end(), [](const ValueCount& a, const ValueCount& b) { return a.value < b.value; });
  std::vector<ValueCount> merged;
  for (const ValueCount& value : all) {
    if (!merged.empty() && merged.back().value == value.value)
      merged.back().count += value.count;
    else
      merged.push_back(value);
  }
  return merged;
}

Series Series::coarser(Duration length) const {
  Series series = *this;
  while (series.length_ < length) series.shorten();
  return series;
}

}  // namespace penstock
