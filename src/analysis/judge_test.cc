#include "analysis/judge.h"

#include <gtest/gtest.h>

#include <random>

#include "analysis/record.h"

namespace penstock {
namespace {

using namespace std::chrono_literals;

const Instant kNow{1'790'000'000'000ms};

Metric metric_of(Metric::Source source, std::string name) {
  Metric metric;
  metric.name = std::move(name);
  metric.source = source;
  return metric;
}

Metric errors() {
  Metric metric = metric_of(Metric::Source::proxy_errors, "errors");
  metric.compare = Metric::Comparison();
  return metric;
}

Metric latency() {
  Metric metric = metric_of(Metric::Source::proxy_latency, "p95");
  metric.compare = Metric::Comparison();
  metric.compare->quantile = 0.95;
  return metric;
}

Metric limit(double max, int allowed_failures = 0) {
  Metric metric = metric_of(Metric::Source::prometheus, "queue");
  metric.limit = {{}, max, allowed_failures};
  return metric;
}

/// `count` requests at even times within 20 s, of which so many failed, evenly too.
Series requests(int count, int failed) {
  Series series;
  for (int i = 0; i < count; ++i) {
    const bool fails = static_cast<int64_t>(i + 1) * failed / count > static_cast<int64_t>(i) * failed / count;
    series.add(kNow + i * 20'000ms / count, fails ? 1 : 0);
  }
  return series;
}

Series latencies(int count, double median, unsigned seed) {
  std::mt19937 random(seed);
  std::lognormal_distribution<double> spread(0, 0.4);
  Series series;
  for (int i = 0; i < count; ++i) series.add(kNow + i * 20'000ms / count, std::round(median * spread(random)));
  return series;
}

MetricJudgement judged(const Metric& metric, const MetricSamples& samples, int look = 1, int looks = 1) {
  return judge({{{metric}}, {samples}, look, looks}).metrics.at(0);
}

TEST(Judge, FailsACanaryWithMoreErrors) {
  const auto judgement = judged(errors(), {requests(1000, 30), requests(1000, 2), {}});
  EXPECT_EQ(judgement.verdict, Verdict::fail);
  EXPECT_EQ(judgement.facts, "3% against 0.2%");
  EXPECT_EQ(judgement.conclusion, "worse, 15 times as much (p < 0.0001, n 1000/1000)");
  EXPECT_EQ(judgement.trend.size(), 8U);
}

TEST(Judge, SeesNoDifferenceWhereThereIsNone) {
  const auto judgement = judged(errors(), {requests(1180, 2), requests(11'400, 20), {}});
  EXPECT_EQ(judgement.verdict, Verdict::pass);
  EXPECT_EQ(judgement.facts, "0.17% against 0.18%");
  EXPECT_TRUE(judgement.conclusion.starts_with("no difference (p ")) << judgement.conclusion;
}

TEST(Judge, FailsEvenAtTheFirstOfManyLooksWhereEverythingFails) {
  EXPECT_EQ(judged(errors(), {requests(50, 50), requests(950, 1), {}}, 1, 10).verdict, Verdict::fail);
}

TEST(Judge, FailsASlowerCanary) {
  const auto judgement = judged(latency(), {latencies(1000, 26, 1), latencies(1000, 20, 2), {}});
  EXPECT_EQ(judgement.verdict, Verdict::fail);
  EXPECT_NEAR(*judgement.effect, 0.3, 0.08);
  EXPECT_NE(judgement.conclusion.find("% slower (p < 0.0001, n 1000/1000)"), std::string::npos) << judgement.conclusion;
}

TEST(Judge, LetsPassWhatIsCertainButDoesNotMatter) {
  const auto judgement = judged(latency(), {latencies(40'000, 105, 1), latencies(40'000, 100, 2), {}});
  EXPECT_LT(*judgement.p, 0.0001);
  EXPECT_EQ(judgement.verdict, Verdict::pass);
  EXPECT_TRUE(judgement.conclusion.starts_with("worse, but by less than matters (")) << judgement.conclusion;
  Metric few_points = errors();
  few_points.compare->min_absolute = 0.05;
  EXPECT_EQ(judged(few_points, {requests(1000, 30), requests(1000, 2), {}}).verdict, Verdict::pass);
}

TEST(Judge, LetsPassWhatMattersButMayBeChance) {
  const auto judgement = judged(errors(), {requests(200, 2), requests(200, 1), {}});
  EXPECT_EQ(judgement.verdict, Verdict::pass);
  EXPECT_EQ(*judgement.effect, 1);
}

TEST(Judge, TakesNoBurstForABadVersion) {
  Series burst = requests(1000, 0);
  burst.add(kNow + 7s, 1, 25);  // 25 failures within a moment
  EXPECT_EQ(judged(errors(), {burst, requests(1000, 2), {}}).verdict, Verdict::pass);
}

TEST(Judge, IsInconclusiveWithoutData) {
  EXPECT_EQ(judged(errors(), {}).verdict, Verdict::inconclusive);
  EXPECT_EQ(judged(errors(), {}).conclusion, "no data (n 0/0)");
  EXPECT_EQ(judged(errors(), {requests(1000, 2), {}, {}}).verdict, Verdict::inconclusive);
  const auto few = judged(errors(), {requests(49, 49), requests(1000, 2), {}});
  EXPECT_EQ(few.verdict, Verdict::inconclusive);
  EXPECT_EQ(few.conclusion, "too few to tell (n 49/1000, needs 50)");
  Series moment;
  moment.add(kNow, 0, 1000);
  EXPECT_EQ(judged(errors(), {moment, moment, {}}).verdict, Verdict::inconclusive);
  EXPECT_EQ(judge({}).verdict, Verdict::inconclusive);
  EXPECT_EQ(judge({{{errors()}}, {}, 1, 1}).verdict, Verdict::inconclusive);
  EXPECT_EQ(judge({{{metric_of(Metric::Source::command, "x")}}, {{}}, 1, 1}).verdict, Verdict::inconclusive);
}

TEST(Judge, ExcusesLooksWithoutDataOnlyAsManyAsAllowedAndNeverAll) {
  Metric patient = errors();
  patient.allowed_inconclusive = 2;
  EXPECT_EQ(judged(patient, {}, 1, 4).verdict, Verdict::pass);
  EXPECT_EQ(judged(patient, {}, 2, 4).verdict, Verdict::pass);
  EXPECT_EQ(judged(patient, {}, 3, 4).verdict, Verdict::inconclusive);
  EXPECT_EQ(judged(patient, {}, 2, 2).verdict, Verdict::inconclusive);
  Metric limited = limit(10);
  limited.allowed_inconclusive = 2;
  EXPECT_EQ(judged(limited, {{}, {}, {std::nullopt}}, 1, 4).verdict, Verdict::pass);
  EXPECT_EQ(judged(limited, {{}, {}, {std::nullopt, 1.0, std::nullopt, std::nullopt}}, 4, 4).verdict,
            Verdict::inconclusive);
  EXPECT_EQ(judged(limited, {{}, {}, {std::nullopt, std::nullopt}}, 2, 2).verdict, Verdict::inconclusive);
}

TEST(Judge, FailsALimitWhenMoreLooksFailThanAllowed) {
  struct Case {
    int allowed;
    std::vector<std::optional<double>> readings;
    Verdict verdict;
  };
  const Case cases[] = {
      {0, {10.0}, Verdict::pass},  // the limit itself is within
      {0, {10.001}, Verdict::fail},
      {3, {11, 11, 11}, Verdict::pass},
      {3, {11, 11, 11, 11}, Verdict::fail},
      {3, {11, 1, 11, 1, 11, 1, 11}, Verdict::fail},
      {0, {}, Verdict::inconclusive},
      {0, {std::nullopt}, Verdict::inconclusive},
      {0, {std::numeric_limits<double>::quiet_NaN()}, Verdict::inconclusive},
      {0, {11.0, std::nullopt}, Verdict::fail},
  };
  for (const Case& c : cases) {
    const auto judgement = judged(limit(10, c.allowed), {{}, {}, c.readings}, static_cast<int>(c.readings.size()), 10);
    EXPECT_EQ(judgement.verdict, c.verdict) << judgement.conclusion;
  }
  EXPECT_EQ(judged(limit(10), {{}, {}, {4, 12}}, 2, 2).facts, "12 (limit 10)");
  EXPECT_EQ(judged(limit(10), {{}, {}, {4, 12}}, 2, 2).conclusion, "outside in 1 of 2 looks, 0 allowed");
  Metric least = limit(10);
  least.limit = {99.5, {}, 0};
  EXPECT_EQ(judged(least, {{}, {}, {99.4}}).verdict, Verdict::fail);
  EXPECT_EQ(judged(least, {{}, {}, {99.5}}).verdict, Verdict::pass);
}

TEST(Judge, ReadsALimitsValueFromWhatTheProxySaw) {
  EXPECT_EQ(reading_of(metric_of(Metric::Source::proxy_errors, "errors"), requests(1000, 30)), 0.03);
  EXPECT_EQ(reading_of(metric_of(Metric::Source::proxy_errors, "errors"), Series()), std::nullopt);
  EXPECT_NEAR(*reading_of(metric_of(Metric::Source::proxy_latency, "p95"), latencies(5000, 100, 3)), 193, 12);
}

TEST(Judge, LetsOneFailedMetricDecide) {
  const auto judgement = judge({{{latency(), errors(), limit(10)}},
                                {{latencies(1000, 20, 1), latencies(1000, 20, 2), {}},
                                 {requests(1000, 50), requests(1000, 2), {}},
                                 {{}, {}, {std::nullopt}}},
                                1,
                                1});
  EXPECT_EQ(judgement.verdict, Verdict::fail);
  EXPECT_TRUE(judgement.summary.starts_with("errors 5% against 0.2%: worse")) << judgement.summary;
}

TEST(Judge, SharesItsSignificanceAmongTheLooks) {
  for (const int looks : {1, 2, 5, 20}) {
    double spent = 0;
    for (int look = 1; look <= looks; ++look) spent += significance_of_look(0.01, look, looks);
    EXPECT_NEAR(spent, 0.01, 1e-12) << looks;
  }
  EXPECT_LT(significance_of_look(0.01, 1, 5), significance_of_look(0.01, 5, 5));
  EXPECT_NEAR(significance_of_look(0.01, 6, 5), 0.00125, 1e-12);
  EXPECT_NEAR(significance_of_look(0.01, 7, 5), 0.000625, 1e-12);
}

TEST(AnalysisRecord, GivesTheSameVerdictWhenItIsReplayed) {
  AnalysisRecord record;
  record.input = {{{latency(), errors(), limit(10, 1)}},
                  {{latencies(700, 20, 1), latencies(900, 23, 2), {}},
                   {requests(1000, 12), requests(1000, 2), {}},
                   {{}, {}, {11, std::nullopt, 9.25}}},
                  3,
                  5};
  record.judgement = judge(record.input);
  const auto read = analysis_record_from_json(to_json(record));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, record);
  EXPECT_TRUE(replay(*read).same);
  AnalysisRecord changed = *read;
  changed.judgement.verdict = Verdict::pass;
  changed.judgement.summary = "errors 0%: fine";
  EXPECT_FALSE(replay(changed).same);
}

TEST(AnalysisRecord, RefusesWhatItCantTrust) {
  AnalysisRecord record;
  record.input = {{{errors()}}, {{requests(100, 1), requests(100, 1), {}}}, 1, 1};
  const std::string good = to_json(record);
  ASSERT_TRUE(analysis_record_from_json(good).ok());
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = good;
    const size_t at = changed.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return analysis_record_from_json(changed.replace(at, from.size(), to)).ok();
  };
  EXPECT_FALSE(with("\"version\":1", "\"version\":2"));
  EXPECT_FALSE(with("\"look\":1", "\"look\":0"));
  EXPECT_FALSE(with("proxy_errors", "gossip"));
  EXPECT_FALSE(with("[1790000000000,0,", "[1790000000000,0,-"));
  EXPECT_FALSE(with("[1790000000000,0,", "[17900000000000000000,0,"));
  EXPECT_FALSE(with("\"block_ms\":250", "\"block_ms\":0"));
  EXPECT_FALSE(with("\"min_samples\":50", "\"min_samples\":\"many\""));
  for (size_t size = 0; size < good.size(); size += 7)
    EXPECT_FALSE(analysis_record_from_json(std::string_view(good).substr(0, size)).ok());
}

}  // namespace
}  // namespace penstock
