#include "analysis/series.h"

#include <gtest/gtest.h>

#include <random>

#include "analysis/sparkline.h"

namespace penstock {
namespace {

using namespace std::chrono_literals;

const Instant kNow{1'790'000'000'100ms};

TEST(Series, CountsValuesByBlockOfTime) {
  Series series;
  series.add(kNow, 84);
  series.add(kNow + 300ms, 84.04);
  series.add(kNow + 310ms, 12.345);
  series.add(kNow + 100ms, 84, 2);
  ASSERT_EQ(series.blocks().size(), 2U);
  EXPECT_EQ(series.blocks()[0].start, kNow - 100ms);
  EXPECT_EQ(series.blocks()[0].values, (std::vector<ValueCount>{{84, 3}}));
  EXPECT_EQ(series.blocks()[1].values, (std::vector<ValueCount>{{12.3, 1}, {84, 1}}));
  EXPECT_EQ(series.count(), 5);
  EXPECT_EQ(series.values(), (std::vector<ValueCount>{{12.3, 1}, {84, 4}}));
}

TEST(Series, LeavesOutWhatIsNoNumber) {
  Series series;
  series.add(kNow, std::numeric_limits<double>::quiet_NaN());
  series.add(kNow, std::numeric_limits<double>::infinity());
  series.add(kNow, 1, 0);
  series.add(kNow, 1, -5);
  EXPECT_EQ(series, Series());
}

TEST(Series, NeverGrowsPastItsLimitAndLosesNoValue) {
  Series series;
  for (int i = 0; i < 100'000; ++i) series.add(kNow + i * 100ms, i % 7);
  EXPECT_LE(series.blocks().size(), Series::kMaxBlocks);
  EXPECT_GT(series.blocks().size(), Series::kMaxBlocks / 2);
  EXPECT_EQ(series.count(), 100'000);
  for (const Series::Block& block : series.blocks())
    EXPECT_EQ(block.start.time_since_epoch().count() % series.block_length().count(), 0);
}

TEST(Series, IsTheSameInWhateverOrderItsValuesCome) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    std::vector<std::pair<Instant, double>> values;
    for (int i = 0; i < 500; ++i)
      values.emplace_back(kNow + std::chrono::milliseconds(random() % 50'000), static_cast<double>(random() % 10));
    Series first;
    for (const auto& [at, value] : values) first.add(at, value);
    std::shuffle(values.begin(), values.end(), random);
    Series second;
    for (const auto& [at, value] : values) second.add(at, value);
    EXPECT_EQ(first, second) << "seed " << seed;
    EXPECT_EQ(Series(first.block_length(), first.blocks()), first) << "seed " << seed;
    EXPECT_EQ(first.coarser(1s).values(), first.values()) << "seed " << seed;
  }
}

TEST(Sparkline, DrawsACellAValue) {
  EXPECT_EQ(sparkline({0, 1, 7}), "▁▂█");
  EXPECT_EQ(sparkline({0, 1, 7}, false), "_.@");
  EXPECT_EQ(sparkline({0, 0}), "▁▁");
  EXPECT_EQ(sparkline({1, std::numeric_limits<double>::quiet_NaN(), -1, 4}, true, 2), "▅  █");
  EXPECT_EQ(sparkline({}), "");
}

}  // namespace
}  // namespace penstock
