#pragma once

#include <cstdint>
#include <vector>

#include "analysis/series.h"

namespace penstock::statistics {

/// Chances are of one side: that something at least so large comes up where nothing is different.

/// Of a standard normal variable.
double normal_tail(double z);
/// Of Student's t with this many degrees of freedom.
double student_tail(double t, double degrees);

/// So many of so many.
struct Share {
  int64_t hits = 0;
  int64_t of = 0;

  [[nodiscard]] double value() const { return of == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(of); }
};
/// That `a` has at least so many hits, given the hits of both: Fisher's exact test.
double fisher_tail(const Share& a, const Share& b);
/// Two proportions: exact where a cell is expected to hold fewer than ten, else the normal approximation with
/// continuity correction.
double two_proportion_tail(const Share& a, const Share& b);

/// That values as large as those of `a` come up by chance beside those of `b`: Mann-Whitney's U, by the normal
/// approximation, corrected for ties and continuity. 1 where all values are equal or a side is empty.
double mann_whitney_tail(const std::vector<ValueCount>& a, const std::vector<ValueCount>& b);
/// The mid-rank of each distinct value among all, from 0 to 1: what Mann-Whitney compares the sums of.
std::vector<std::pair<double, double>> mid_ranks(const std::vector<ValueCount>& a, const std::vector<ValueCount>& b);

/// The mid-quantile (Ma, Genton and Parzen): runs smoothly between the values where they are few and often tie, such as
/// whole milliseconds, so that a median moves when its neighbours do. 0 where there are no values.
double quantile(const std::vector<ValueCount>& values, double at);

/// What the two sides had in one stretch of time: how many, and the sum of their scores.
struct PairedBlock {
  double a_count = 0;
  double a_sum = 0;
  double b_count = 0;
  double b_sum = 0;
};
/// That the mean score of `a` lies so far above that of `b`, when what happens within a block may belong together: the
/// spread of the difference is taken from how it differs between blocks, not from the number of values (batch means).
/// What hits both sides at the same time cancels out. 1 with fewer than two blocks.
double paired_blocks_tail(const std::vector<PairedBlock>& blocks);
/// That `a` has the higher mean score in so many more blocks than `b`, when either is as likely: the sign test. A block
/// counts once however much happened in it, so one burst on either side hardly moves it. 1 with no block that differs.
double sign_tail(const std::vector<PairedBlock>& blocks);

}  // namespace penstock::statistics
