#include "analysis/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace penstock::statistics {
namespace {

/// ln Γ without libm's global sign.
double log_gamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

double log_choose(double n, double k) { return log_gamma(n + 1) - log_gamma(k + 1) - log_gamma(n - k + 1); }

/// The continued fraction of the incomplete beta function, by Lentz's method.
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  const auto guarded = [](double value) { return std::fabs(value) < kTiny ? kTiny : value; };
  double c = 1;
  double d = 1 / guarded(1 - (a + b) * x / (a + 1));
  double result = d;
  for (int m = 1; m <= 300; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guarded(1 + even * d);
    c = guarded(1 + even / c);
    result *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guarded(1 + odd * d);
    c = guarded(1 + odd / c);
    result *= d * c;
    if (std::fabs(d * c - 1) < 1e-14) break;
  }
  return result;
}

/// The regularised incomplete beta function.
double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front = std::exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * std::log(x) + b * std::log1p(-x));
  return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a : 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double as_double(int64_t count) { return static_cast<double>(count); }

double total(const std::vector<ValueCount>& values) {
  double sum = 0;
  for (const ValueCount& value : values) sum += as_double(value.count);
  return sum;
}

/// Calls `on(value, count in a, count in b)` for each distinct value, rising.
template <class Each>
void each_value(const std::vector<ValueCount>& a, const std::vector<ValueCount>& b, const Each& on) {
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() || j < b.size()) {
    const double value = j == b.size() || (i < a.size() && a[i].value < b[j].value) ? a[i].value : b[j].value;
    const double in_a = i < a.size() && a[i].value == value ? as_double(a[i++].count) : 0;
    const double in_b = j < b.size() && b[j].value == value ? as_double(b[j++].count) : 0;
    on(value, in_a, in_b);
  }
}

}  // namespace

double normal_tail(double z) { return 0.5 * std::erfc(z / std::sqrt(2.0)); }

double student_tail(double t, double degrees) {
  if (std::isinf(t)) return t > 0 ? 0 : 1;
  const double half = 0.5 * incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t));
  return t >= 0 ? half : 1 - half;
}

double fisher_tail(const Share& a, const Share& b) {
  const double hits = as_double(a.hits + b.hits);
  const double all = as_double(a.of + b.of);
  const double of = as_double(a.of);
  const double whole = log_choose(all, hits);
  const double most = std::min(of, hits);
  double sum = 0;
  for (double k = as_double(a.hits); k <= most; ++k) {
    const double term = std::exp(log_choose(of, k) + log_choose(all - of, hits - k) - whole);
    sum += term;
    if (term < sum * 1e-17 && k > hits * of / all) break;  // past the peak they only shrink
  }
  return std::min(sum, 1.0);
}

double two_proportion_tail(const Share& a, const Share& b) {
  if (a.of == 0 || b.of == 0) return 1;
  const double hits = as_double(a.hits + b.hits);
  const double n = as_double(a.of);
  const double m = as_double(b.of);
  const double pooled = hits / (n + m);
  constexpr double kFew = 10;
  if (std::min(n, m) * std::min(pooled, 1 - pooled) < kFew) return fisher_tail(a, b);
  const double difference = a.value() - b.value() - 0.5 * (1 / n + 1 / m);
  return normal_tail(difference / std::sqrt(pooled * (1 - pooled) * (1 / n + 1 / m)));
}

double mann_whitney_tail(const std::vector<ValueCount>& a, const std::vector<ValueCount>& b) {
  const double n = total(a);
  const double m = total(b);
  const double all = n + m;
  if (n == 0 || m == 0) return 1;
  double below = 0;  // of b
  double u = 0;      // pairs in which a is larger, ties by half
  double ties = 0;
  each_value(a, b, [&](double, double in_a, double in_b) {
    u += in_a * (below + in_b / 2);
    below += in_b;
    const double tied = in_a + in_b;
    ties += tied * tied * tied - tied;
  });
  const double variance = n * m / 12 * (all + 1 - ties / (all * (all - 1)));
  if (!(variance > 0)) return 1;
  return normal_tail((u - n * m / 2 - 0.5) / std::sqrt(variance));
}

std::vector<std::pair<double, double>> mid_ranks(const std::vector<ValueCount>& a, const std::vector<ValueCount>& b) {
  const double all = total(a) + total(b);
  std::vector<std::pair<double, double>> ranks;
  double below = 0;
  each_value(a, b, [&](double value, double in_a, double in_b) {
    ranks.emplace_back(value, (below + (in_a + in_b) / 2) / all);
    below += in_a + in_b;
  });
  return ranks;
}

double quantile(const std::vector<ValueCount>& values, double at) {
  const double all = total(values);
  if (all == 0) return 0;
  double below = 0;
  double last_value = values.front().value;
  double last_share = 0;
  for (const ValueCount& value : values) {
    const double share = (below + as_double(value.count) / 2) / all;
    if (share >= at) {
      if (below == 0) return value.value;
      return last_value + (value.value - last_value) * (at - last_share) / (share - last_share);
    }
    below += as_double(value.count);
    last_value = value.value;
    last_share = share;
  }
  return last_value;
}

double paired_blocks_tail(const std::vector<PairedBlock>& blocks) {
  if (blocks.size() < 2) return 1;
  PairedBlock all;
  for (const PairedBlock& block : blocks) {
    all.a_count += block.a_count;
    all.a_sum += block.a_sum;
    all.b_count += block.b_count;
    all.b_sum += block.b_sum;
  }
  if (all.a_count == 0 || all.b_count == 0) return 1;
  const double a_mean = all.a_sum / all.a_count;
  const double b_mean = all.b_sum / all.b_count;
  double squares = 0;
  for (const PairedBlock& block : blocks) {
    const double deviation =
        (block.a_sum - a_mean * block.a_count) / all.a_count - (block.b_sum - b_mean * block.b_count) / all.b_count;
    squares += deviation * deviation;
  }
  const auto count = static_cast<double>(blocks.size());
  const double spread = std::sqrt(squares * count / (count - 1));
  const double difference = a_mean - b_mean;
  if (difference <= 0) return student_tail(spread > 0 ? difference / spread : 0, count - 1);
  constexpr double kNoise = 1e-12;  // of rounding, beside a difference that is the same in each block
  return spread > difference * kNoise ? student_tail(difference / spread, count - 1) : 0;
}

double sign_tail(const std::vector<PairedBlock>& blocks) {
  int64_t worse = 0;
  int64_t differ = 0;
  for (const PairedBlock& block : blocks) {
    if (block.a_count == 0 || block.b_count == 0) continue;
    const double difference = block.a_sum * block.b_count - block.b_sum * block.a_count;
    worse += difference > 0 ? 1 : 0;
    differ += difference != 0 ? 1 : 0;
  }
  double sum = 0;
  const double all = as_double(differ);
  for (double k = as_double(worse); k <= all; ++k) sum += std::exp(log_choose(all, k) - all * std::log(2.0));
  return std::min(sum, 1.0);
}

}  // namespace penstock::statistics
