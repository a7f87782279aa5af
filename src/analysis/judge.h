#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/analysis_spec.h"
#include "analysis/series.h"
#include "base/verdict.h"

namespace penstock {

/// What was seen for one metric until this look.
struct MetricSamples {
  /// For a comparison: all since the analysis began, not only since the last look.
  Series incoming;
  Series against;
  /// For a limit: one reading a look, this one last; nothing where a look got no data.
  std::vector<std::optional<double>> readings;

  friend bool operator==(const MetricSamples&, const MetricSamples&) = default;
};

/// All that a look's verdict depends on. Stored with the rollout (analysis/record.h).
struct AnalysisInput {
  AnalysisSpec spec;
  std::vector<MetricSamples> samples;  ///< As the spec's metrics, in their order.
  int look = 1;
  int looks = 1;  ///< Of the whole rollout; with more looks than that each further one gets less and less significance.

  friend bool operator==(const AnalysisInput&, const AnalysisInput&) = default;
};

struct MetricJudgement {
  std::string metric;
  Verdict verdict = Verdict::inconclusive;
  std::string facts;       ///< `0.21% against 0.19%`.
  std::string conclusion;  ///< `no difference (p 0.62, n 118/1140)`.
  std::optional<double> p;
  std::optional<double> effect;  ///< Relative to the baseline's value: 0.3 is 30 % worse. Nothing where that is 0.
  std::vector<double> trend;     ///< Of the incoming group over time, for a sparkline.

  friend bool operator==(const MetricJudgement&, const MetricJudgement&) = default;
};

struct Judgement {
  Verdict verdict = Verdict::inconclusive;
  std::string summary;  ///< One line: the metric that decides, and how many others there are.
  std::vector<MetricJudgement> metrics;

  friend bool operator==(const Judgement&, const Judgement&) = default;
};

/// Judges one look. The same input gives the same judgement. One failed metric fails it; else one inconclusive metric
/// makes it inconclusive; without metrics it is inconclusive. docs/analysis.md says how each judge works.
Judgement judge(const AnalysisInput& input);

/// The reading of a limit on what the proxy tells: the share of errors, or the latency at the metric's quantile (0.95
/// unless told). Nothing where nothing was seen.
std::optional<double> reading_of(const Metric& metric, const Series& series);

/// The significance that look k of K may use up of the whole: alpha·(k³ − (k−1)³)/K³, which adds up to alpha (the power
/// family of spending functions, alpha·t³, of Kim and DeMets; near O'Brien and Fleming's). So early looks need clear
/// evidence and the last keeps most. A look past the last gets alpha/(4·2^(k−K)) more.
double significance_of_look(double alpha, int look, int looks);

}  // namespace penstock
