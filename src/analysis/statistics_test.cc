#include "analysis/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>

namespace penstock::statistics {
namespace {

TEST(Statistics, KnowsTheTailsOfItsDistributions) {
  EXPECT_NEAR(normal_tail(1.959964), 0.025, 1e-7);
  EXPECT_NEAR(normal_tail(-1.644854), 0.95, 1e-6);
  // Tables of Student's t: one side.
  EXPECT_NEAR(student_tail(6.314, 1), 0.05, 1e-4);
  EXPECT_NEAR(student_tail(2.228, 10), 0.025, 1e-4);
  EXPECT_NEAR(student_tail(3.646, 30), 0.0005, 1e-5);
  EXPECT_NEAR(student_tail(-2.228, 10), 0.975, 1e-4);
  EXPECT_NEAR(student_tail(1.959964, 1e6), 0.025, 1e-5);
  EXPECT_EQ(student_tail(std::numeric_limits<double>::infinity(), 3), 0);
}

TEST(Statistics, CountsFishersTablesExactly) {
  // The lady tasting tea: all four of four right.
  EXPECT_NEAR(fisher_tail({4, 4}, {0, 4}), 1.0 / 70, 1e-12);
  EXPECT_NEAR(fisher_tail({3, 4}, {1, 4}), 17.0 / 70, 1e-12);
  EXPECT_NEAR(fisher_tail({0, 10}, {0, 10}), 1, 1e-12);
  EXPECT_NEAR(fisher_tail({5, 10}, {0, 1'000'000}), 0, 1e-20);
  for (int64_t hits = 0; hits <= 12; ++hits)
    EXPECT_NEAR(fisher_tail({hits, 12}, {12 - hits, 15}) + fisher_tail({13 - hits, 15}, {hits - 1, 12}), 1, 1e-9)
        << hits;  // at least `hits`, or at most `hits` − 1
}

TEST(Statistics, PassesFromTheExactTestToItsApproximationWithoutAJump) {
  for (const auto& [a, b] :
       {std::pair<Share, Share>{{12, 1000}, {8, 1000}}, {{30, 900}, {15, 1100}}, {{20, 300}, {40, 900}}}) {
    const double exact = fisher_tail(a, b);
    EXPECT_NEAR(two_proportion_tail(a, b), exact, exact * 0.25);
  }
  EXPECT_EQ(two_proportion_tail({0, 0}, {1, 10}), 1);
  EXPECT_LT(two_proportion_tail({500, 1000}, {300, 1000}), 1e-15);
}

TEST(Statistics, RanksWithTies) {
  const std::vector<ValueCount> a = {{1, 1}, {2, 2}};
  const std::vector<ValueCount> b = {{2, 2}, {3, 1}};
  EXPECT_EQ(mid_ranks(a, b), (std::vector<std::pair<double, double>>{{1, 0.5 / 6}, {2, 3.0 / 6}, {3, 5.5 / 6}}));
  EXPECT_EQ(mann_whitney_tail({{5, 10}}, {{5, 10}}), 1);
  EXPECT_EQ(mann_whitney_tail({}, {{5, 10}}), 1);
  EXPECT_GT(mann_whitney_tail(a, b), 0.5);
  // By hand:
  // U = 46, expected 24, standard deviation sqrt(6·8/12·(15 − 12/(14·13))).
  const std::vector<ValueCount> high = {{7, 1}, {8, 1}, {9, 1}, {10, 1}, {11, 1}, {12, 1}};
  const std::vector<ValueCount> low = {{1, 1}, {2, 1}, {3, 1}, {4, 1}, {5, 1}, {6, 1}, {7, 1}, {8, 1}};
  EXPECT_NEAR(mann_whitney_tail(high, low), normal_tail((46.0 - 24 - 0.5) / std::sqrt(4 * (15 - 12.0 / 182))), 1e-12);
}

TEST(Statistics, MovesAQuantileSmoothlyBetweenTies) {
  EXPECT_EQ(quantile({}, 0.5), 0);
  EXPECT_EQ(quantile({{7, 3}}, 0.5), 7);
  EXPECT_DOUBLE_EQ(quantile({{1, 1}, {2, 1}, {3, 1}}, 0.5), 2);
  EXPECT_DOUBLE_EQ(quantile({{10, 50}, {20, 50}}, 0.5), 15);
  EXPECT_EQ(quantile({{10, 50}, {20, 50}}, 0), 10);
  EXPECT_EQ(quantile({{10, 50}, {20, 50}}, 1), 20);
  double last = 0;
  for (int64_t slow = 0; slow <= 100; slow += 10) {
    const double median = quantile({{3, 100}, {4, slow + 1}}, 0.5);
    EXPECT_GT(median, last);
    last = median;
  }
}

TEST(Statistics, TakesABurstForOneEventAndNotForMany) {
  std::vector<PairedBlock> burst(40, {25, 0, 25, 0});
  burst[7].a_sum = 20;  // twenty failures at once
  std::vector<PairedBlock> spread(40, {25, 0, 25, 0});
  for (size_t i = 0; i < 20; ++i) spread[2 * i].a_sum = 1;
  EXPECT_GT(paired_blocks_tail(burst), 0.1);
  EXPECT_LT(paired_blocks_tail(spread), 1e-4);
  EXPECT_LT(two_proportion_tail({20, 1000}, {0, 1000}), 1e-5);  // what the plain test makes of both
}

TEST(Statistics, CancelsWhatHitsBothSidesAtOnce) {
  std::vector<PairedBlock> blocks(40, {25, 0.5, 25, 0});
  for (size_t i = 0; i < 40; i += 5) {
    blocks[i].a_sum += 10;
    blocks[i].b_sum += 10;
  }
  EXPECT_LT(paired_blocks_tail(blocks), 1e-6);
  EXPECT_EQ(paired_blocks_tail({{1, 1, 1, 0}}), 1);
  EXPECT_EQ(paired_blocks_tail(std::vector<PairedBlock>(8, {5, 5, 5, 0})), 0);
  EXPECT_EQ(paired_blocks_tail(std::vector<PairedBlock>(8, {5, 0, 5, 0})), 0.5);
}

TEST(Statistics, CountsBlocksWhateverHappenedInThem) {
  EXPECT_EQ(sign_tail({}), 1);
  EXPECT_EQ(sign_tail(std::vector<PairedBlock>(8, {5, 1, 10, 2})), 1);  // the same shares
  std::vector<PairedBlock> blocks(10, {5, 2, 10, 2});
  EXPECT_NEAR(sign_tail(blocks), 1.0 / 1024, 1e-12);
  blocks[3] = {5, 0, 10, 10};  // one burst on the other side, however large
  EXPECT_NEAR(sign_tail(blocks), 11.0 / 1024, 1e-12);
  blocks[4] = {0, 0, 10, 10};  // nothing to compare
  EXPECT_NEAR(sign_tail(blocks), 10.0 / 512, 1e-12);
}

TEST(Statistics, IsRightAsOftenAsItSaysOnIndependentData) {
  const unsigned seed = 11;
  std::mt19937 random(seed);
  std::lognormal_distribution<double> latency(3, 0.5);
  int plain = 0;
  int blocked = 0;
  constexpr int kTrials = 2000;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<ValueCount> a;
    std::vector<ValueCount> b;
    std::vector<PairedBlock> blocks;
    for (int i = 0; i < 200; ++i) {
      a.push_back({std::round(latency(random) * 100) / 100, 1});
      b.push_back({std::round(latency(random) * 100) / 100, 1});
      if (i % 5 == 0) blocks.emplace_back();
      blocks.back().a_count += 1;
      blocks.back().b_count += 1;
      blocks.back().a_sum += a.back().value;
      blocks.back().b_sum += b.back().value;
    }
    const auto by_value = [](const ValueCount& x, const ValueCount& y) { return x.value < y.value; };
    std::sort(a.begin(), a.end(), by_value);
    std::sort(b.begin(), b.end(), by_value);
    plain += mann_whitney_tail(a, b) < 0.05 ? 1 : 0;
    blocked += paired_blocks_tail(blocks) < 0.05 ? 1 : 0;
  }
  // 5 % of 2000 is 100, with a standard deviation of 9.7.
  EXPECT_NEAR(plain, 100, 35) << "seed " << seed;
  EXPECT_NEAR(blocked, 100, 35) << "seed " << seed;
}

}  // namespace
}  // namespace penstock::statistics
