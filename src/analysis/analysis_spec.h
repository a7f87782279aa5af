#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace penstock {

/// One thing that is looked at to judge a new release.
struct Metric {
  enum class Source {
    proxy_errors,   ///< Share of requests with status 5xx or no answer, from the proxy itself.
    proxy_latency,  ///< Latency of each request, from the proxy itself.
    prometheus,     ///< `query` at `address`, with placeholders `{{release}}`, `{{group}}`, `{{environment}}`.
    http_json,      ///< A number at `path` of the JSON that `address` answers.
    command,        ///< The number that `command` prints.
  };
  std::string name;
  Source source = Source::proxy_errors;
  std::string address;
  std::string query;  ///< PromQL, or the JSON pointer.
  std::string command;

  /// How a value is judged. Exactly one of `limit` and `compare`.
  struct Limit {
    std::optional<double> min;
    std::optional<double> max;
    int allowed_failures = 0;  ///< It fails when more looks than this failed: `failed > limit`.
    friend bool operator==(const Limit&, const Limit&) = default;
  };
  /// Against the baseline: both must hold for a failure, a difference beyond chance and one that matters.
  struct Comparison {
    double significance = 0.01;  ///< Of the whole rollout, shared among its looks.
    double min_effect = 0.1;     ///< Relative to the baseline's value: 0.1 = 10 % worse.
    double min_absolute = 0;     ///< And at least so much worse in the metric's unit (share, or milliseconds).
    int min_samples = 50;        ///< A side; with fewer it is inconclusive.
    double quantile = 0;         ///< For words only: 0.95 shows p95. Latencies are compared whole (Mann-Whitney).
    friend bool operator==(const Comparison&, const Comparison&) = default;
  };
  std::optional<Limit> limit;
  std::optional<Comparison> compare;
  int allowed_inconclusive = 0;  ///< More looks without data than this: inconclusive as a whole (pause), never a pass.

  friend bool operator==(const Metric&, const Metric&) = default;
};

struct AnalysisSpec {
  std::vector<Metric> metrics;

  friend bool operator==(const AnalysisSpec&, const AnalysisSpec&) = default;
};

}  // namespace penstock
