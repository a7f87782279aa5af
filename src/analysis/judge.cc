#include "analysis/judge.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "analysis/comparison.h"
#include "analysis/value_words.h"

namespace penstock {
namespace {

constexpr size_t kTrendPoints = 8;
constexpr double kUsualQuantile = 0.95;

bool counts_errors(const Metric& metric) { return metric.source == Metric::Source::proxy_errors; }

double error_share(const std::vector<ValueCount>& values) {
  int64_t failed = 0;
  int64_t all = 0;
  for (const ValueCount& value : values) {
    all += value.count;
    failed += value.value > 0 ? value.count : 0;
  }
  return all == 0 ? 0 : static_cast<double>(failed) / static_cast<double>(all);
}

/// What is shown of a group: the share of errors, the quantile that was asked for, else the median.
double shown_value(const Metric& metric, const std::vector<ValueCount>& values) {
  if (counts_errors(metric)) return error_share(values);
  const double at = metric.compare && metric.compare->quantile > 0 ? metric.compare->quantile : 0.5;
  return statistics::quantile(values, std::min(at, 1.0));
}

/// The shown value in equal stretches of time; a stretch without values repeats the one before.
std::vector<double> trend_of(const Metric& metric, const Series& series) {
  if (series.blocks().empty()) return {};
  const Instant begin = series.blocks().front().start;
  const Duration whole = series.blocks().back().start - begin + series.block_length();
  std::array<std::vector<Series::Block>, kTrendPoints> stretches;
  for (const Series::Block& block : series.blocks()) {
    const auto place = (block.start - begin).count() / std::max<int64_t>(1, whole.count() / int64_t{kTrendPoints});
    stretches[std::min(static_cast<size_t>(place), kTrendPoints - 1)].push_back(block);
  }
  std::vector<double> trend;
  for (std::vector<Series::Block>& stretch : stretches) {
    if (stretch.empty()) {
      if (!trend.empty()) trend.push_back(trend.back());
    } else {
      trend.push_back(shown_value(metric, Series(series.block_length(), std::move(stretch)).values()));
    }
  }
  return trend;
}

std::string counts(int64_t incoming, int64_t against) {
  return "n " + std::to_string(incoming) + "/" + std::to_string(against);
}

/// `38% slower`, or the times where a percentage would be hard to read.
std::string worse_words(const Metric& metric, const Compared& compared) {
  std::string how = metric.source == Metric::Source::proxy_latency ? "slower" : "worse";
  if (!compared.effect) return how;
  const double times = *compared.effect + 1;
  if (times < 2) return percent_words(*compared.effect) + " " + how;
  return how + ", " + times_words(times);
}

std::string difference_words(const Metric& metric, const Compared& compared, bool fails, bool beyond_chance) {
  const double bound = metric.compare->min_effect;
  if (fails) return worse_words(metric, compared);
  if (beyond_chance) return "worse, but by less than matters";
  if (!counts_errors(metric) && compared.effect && std::fabs(*compared.effect) <= bound)
    return "within " + percent_words(bound);
  return "no difference";
}

MetricJudgement judge_comparison(const Metric& metric, const MetricSamples& samples, double significance, int look,
                                 int looks) {
  const Metric::Comparison& rule = *metric.compare;
  MetricJudgement judgement;
  judgement.trend = trend_of(metric, samples.incoming);
  const int64_t incoming = samples.incoming.count();
  const int64_t against = samples.against.count();
  const bool excused = look <= metric.allowed_inconclusive && look < looks;
  const auto undecided = [&](const std::string& why) {
    judgement.verdict = excused ? Verdict::pass : Verdict::inconclusive;
    judgement.conclusion = why;
    if (excused)
      judgement.conclusion +=
          ", look " + std::to_string(look) + " of " + std::to_string(metric.allowed_inconclusive) + " that may";
    return judgement;
  };
  if (incoming == 0 || against == 0) return undecided("no data (" + counts(incoming, against) + ")");
  judgement.facts = value_words(metric, shown_value(metric, samples.incoming.values())) + " against " +
                    value_words(metric, shown_value(metric, samples.against.values()));
  const int64_t least = std::max(rule.min_samples, 1);
  if (std::min(incoming, against) < least)
    return undecided("too few to tell (" + counts(incoming, against) + ", needs " + std::to_string(least) + ")");
  const Compared compared = counts_errors(metric) ? compare_shares(samples.incoming, samples.against)
                                                  : compare_values(samples.incoming, samples.against);
  if (!compared.long_enough) return undecided("seen for too short a time (" + counts(incoming, against) + ")");
  judgement.p = compared.p;
  judgement.effect = compared.effect;
  const double difference = compared.incoming - compared.against;
  const bool matters =
      difference > 0 && difference >= rule.min_absolute && (!compared.effect || *compared.effect >= rule.min_effect);
  const bool beyond_chance = compared.p < significance;
  judgement.verdict = matters && beyond_chance ? Verdict::fail : Verdict::pass;
  judgement.conclusion = difference_words(metric, compared, matters && beyond_chance, beyond_chance) + " (" +
                         p_words(compared.p) + ", " + counts(incoming, against) + ")";
  return judgement;
}

std::string limit_words(const Metric& metric) {
  const Metric::Limit& limit = *metric.limit;
  if (limit.min && limit.max)
    return "limits " + value_words(metric, *limit.min) + " to " + value_words(metric, *limit.max);
  if (limit.max) return "limit " + value_words(metric, *limit.max);
  return limit.min ? "at least " + value_words(metric, *limit.min) : "no limit";
}

MetricJudgement judge_limit(const Metric& metric, const MetricSamples& samples, int look, int looks) {
  const Metric::Limit& limit = *metric.limit;
  MetricJudgement judgement;
  int failed = 0;
  int missing = 0;
  const auto is_outside = [&](double value) {
    return (limit.min && value < *limit.min) || (limit.max && value > *limit.max);
  };
  for (const std::optional<double>& reading : samples.readings) {
    if (!reading || !std::isfinite(*reading)) {
      ++missing;
      continue;
    }
    judgement.trend.push_back(*reading);
    failed += is_outside(*reading) ? 1 : 0;
  }
  const int count = static_cast<int>(samples.readings.size());
  const std::string of = " of " + std::to_string(count) + (count == 1 ? " look" : " looks");
  if (!judgement.trend.empty())
    judgement.facts = value_words(metric, judgement.trend.back()) + " (" + limit_words(metric) + ")";
  if (failed > limit.allowed_failures) {
    judgement.verdict = Verdict::fail;
    judgement.conclusion =
        "outside in " + std::to_string(failed) + of + ", " + std::to_string(limit.allowed_failures) + " allowed";
    return judgement;
  }
  const bool never_seen = judgement.trend.empty();
  if (count == 0 || missing > metric.allowed_inconclusive || (never_seen && look >= looks)) {
    judgement.conclusion = count == 0 ? "no data" : "no data in " + std::to_string(missing) + of;
    return judgement;
  }
  judgement.verdict = Verdict::pass;
  judgement.conclusion = never_seen    ? "no data yet"
                         : failed == 0 ? "within"
                                       : "outside in " + std::to_string(failed) + of + ", as allowed";
  return judgement;
}

std::string line_of(const MetricJudgement& judgement) {
  return judgement.metric + (judgement.facts.empty() ? "" : " " + judgement.facts) + ": " + judgement.conclusion;
}

/// The first that decides, in words; the others as a number.
std::string summary_of(const Judgement& judgement) {
  if (judgement.metrics.empty()) return "no metric is judged";
  const auto deciding = std::find_if(judgement.metrics.begin(), judgement.metrics.end(),
                                     [&](const MetricJudgement& m) { return m.verdict == judgement.verdict; });
  const auto same = std::count_if(judgement.metrics.begin(), judgement.metrics.end(),
                                  [&](const MetricJudgement& m) { return m.verdict == judgement.verdict; });
  std::string summary = line_of(*deciding);
  if (same > 1) summary += "; " + std::to_string(same - 1) + " more";
  return summary;
}

}  // namespace

double significance_of_look(double alpha, int look, int looks) {
  const double all = std::max(looks, 1);
  if (look > looks) return alpha / 4 * std::pow(2.0, looks - look);
  const double now = std::max(look, 1);
  return alpha * (3 * now * (now - 1) + 1) / (all * all * all);
}

std::optional<double> reading_of(const Metric& metric, const Series& series) {
  if (series.count() == 0) return std::nullopt;
  const auto values = series.values();
  if (counts_errors(metric)) return error_share(values);
  const double asked = metric.compare ? metric.compare->quantile : 0;
  return statistics::quantile(values, asked > 0 ? std::min(asked, 1.0) : kUsualQuantile);
}

Judgement judge(const AnalysisInput& input) {
  const auto compared = std::count_if(input.spec.metrics.begin(), input.spec.metrics.end(),
                                      [](const Metric& metric) { return metric.compare.has_value(); });
  Judgement judgement;
  static const MetricSamples kNothing;
  for (size_t i = 0; i < input.spec.metrics.size(); ++i) {
    const Metric& metric = input.spec.metrics[i];
    const MetricSamples& samples = i < input.samples.size() ? input.samples[i] : kNothing;
    MetricJudgement one;
    if (metric.compare) {
      const double share = metric.compare->significance / static_cast<double>(compared);
      one = judge_comparison(metric, samples, significance_of_look(share, input.look, input.looks), input.look,
                             input.looks);
    } else if (metric.limit) {
      one = judge_limit(metric, samples, input.look, input.looks);
    } else {
      one.conclusion = "it has neither a limit nor a comparison";
    }
    one.metric = metric.name;
    judgement.metrics.push_back(std::move(one));
  }
  const auto any = [&](Verdict verdict) {
    return std::any_of(judgement.metrics.begin(), judgement.metrics.end(),
                       [&](const MetricJudgement& m) { return m.verdict == verdict; });
  };
  judgement.verdict = any(Verdict::fail)                                        ? Verdict::fail
                      : judgement.metrics.empty() || any(Verdict::inconclusive) ? Verdict::inconclusive
                                                                                : Verdict::pass;
  judgement.summary = summary_of(judgement);
  return judgement;
}

}  // namespace penstock
