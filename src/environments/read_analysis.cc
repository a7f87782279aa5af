#include <array>
#include <unordered_set>

#include "base/words.h"
#include "environments/readers.h"
#include "environments/words.h"

namespace penstock::environments {
namespace {

using Source = Metric::Source;

constexpr std::array<std::string_view, 2> kBare = {"errors", "latency"};
constexpr std::array<std::string_view, 5> kComparisonKeys = {"significance", "min_effect", "min_absolute",
                                                             "min_samples", "quantile"};
constexpr size_t kMostMetrics = 100;
constexpr double kTail = 0.95;
constexpr Duration kHour{std::chrono::hours(1)};

bool is_proxys(Source source) { return source == Source::proxy_errors || source == Source::proxy_latency; }

/// A value in the metric's own unit: a share of requests, a latency in milliseconds, or a plain number.
std::optional<double> read_value(Report& report, const Node& node, std::string_view what, Source source) {
  if (source == Source::proxy_errors) return read_share(report, node, what);
  if (source == Source::proxy_latency) {
    const std::optional<Duration> time = read_duration(report, node, what, Duration(0), kHour);
    return time ? std::optional<double>(static_cast<double>(time->count())) : std::nullopt;
  }
  const std::optional<double> number = read_float(node);
  if (!number) wrong_type(report, node, what, "a number");
  return number;
}

void read_limit(Fields& fields, Metric& metric) {
  Metric::Limit limit;
  if (const Node* min = fields.find("min")) limit.min = read_value(fields.report(), *min, "`min`", metric.source);
  if (const Node* max = fields.find("max")) limit.max = read_value(fields.report(), *max, "`max`", metric.source);
  fields.number("allowed_failures", limit.allowed_failures, 0, 1'000);
  if (limit.min && limit.max && *limit.min > *limit.max)
    fields.report().error("out-of-range", fields.find("max")->span(), "`max` is less than `min`");
  for (std::string_view key : {"min", "max"}) {
    const std::optional<double>& value = key == "min" ? limit.min : limit.max;
    if (metric.source == Source::proxy_errors && value && *value > 1) {
      fields.report()
          .error("out-of-range", fields.find(key)->span(), quoted(key) + " is a share of all requests: at most 100%")
          .help = "write it like `1%` or `0.01`";
    }
  }
  if (metric.source == Source::proxy_latency && limit.max == 0.0)
    fields.report().error("out-of-range", fields.find("max")->span(), "`max` can't be 0s: no request is that quick");
  metric.limit = limit;
}

void read_comparison(Fields& fields, Metric& metric) {
  Metric::Comparison compare;
  if (metric.source == Source::proxy_latency) compare.quantile = kTail;
  fields.share("significance", compare.significance);
  fields.share("min_effect", compare.min_effect);
  if (const Node* least = fields.find("min_absolute"))
    compare.min_absolute = read_value(fields.report(), *least, "`min_absolute`", metric.source).value_or(0);
  fields.number("min_samples", compare.min_samples, 1, 1'000'000);
  fields.share("quantile", compare.quantile);
  for (std::string_view key : {"significance", "quantile"}) {
    const double value = key == "quantile" ? compare.quantile : compare.significance;
    if (const Node* node = fields.find(key); node != nullptr && (value <= 0 || value >= 1))
      fields.report().error("out-of-range", node->span(), quoted(key) + " must lie between 0 and 1");
  }
  metric.compare = compare;
}

/// By a limit where one is said, else by comparison; what comes from elsewhere than the proxy must say which.
void read_judge(Fields& fields, Metric& metric) {
  const Node* limit = nullptr;
  for (std::string_view key : {"min", "max", "allowed_failures"}) limit = limit != nullptr ? limit : fields.find(key);
  const Node* compare = nullptr;
  for (std::string_view key : kComparisonKeys) compare = compare != nullptr ? compare : fields.find(key);
  // A latency's limit looks at one quantile of it.
  if (limit != nullptr && compare != nullptr) {
    fields.report()
        .error("conflicting-keywords", compare->span(),
               "a metric is judged by a limit (`min`, `max`) or by comparison, not by both")
        .help = "write two metrics with names of their own";
  }
  if (limit != nullptr) return read_limit(fields, metric);
  if (compare == nullptr && !is_proxys(metric.source)) return fields.missing("max", "add `max` or `min`");
  read_comparison(fields, metric);
}

void read_source(Fields& fields, Metric& metric) {
  if (is_proxys(metric.source)) return;
  if (!fields.text("name", metric.name)) fields.missing("name", "give it a name");
  if (metric.source == Source::command) {
    if (!fields.text("run", metric.command)) fields.missing("run", "add the command that prints the number");
    return;
  }
  const bool prometheus = metric.source == Source::prometheus;
  if (!fields.text("address", metric.address)) fields.missing("address", "add `address: http://127.0.0.1:9090`");
  const std::string_view key = prometheus ? "query" : "path";
  if (!fields.text(key, metric.query))
    fields.missing(key, prometheus ? "add the PromQL query" : "add the JSON pointer of the number, such as `/errors`");
  if (!metric.address.empty() && !metric.address.starts_with("http://") && !metric.address.starts_with("https://") &&
      !metric.address.starts_with('$')) {
    fields.report().error("invalid-address", fields.find("address")->span(),
                          "`address` must begin with `http://` or `https://`");
  }
  if (!prometheus && !metric.query.empty() && !metric.query.starts_with('/'))
    fields.report().error("invalid-path", fields.find("path")->span(), "a JSON pointer begins with `/`");
}

std::optional<Metric> read_metric(Report& report, const Node& node) {
  Metric metric;
  if (node.is_scalar()) {
    const std::optional<std::string> word = read_word(report, node, "a metric without settings", kBare);
    if (!word) return std::nullopt;
    metric.name = *word;
    metric.source = *word == "latency" ? Source::proxy_latency : Source::proxy_errors;
    metric.compare = Metric::Comparison();
    if (metric.source == Source::proxy_latency) metric.compare->quantile = kTail;
    return metric;
  }
  Fields choice(report, node, "a metric");
  const std::optional<std::string_view> word = choice.one_of(words_of(kSourceWords));
  if (!word && node.entries().empty()) choice.missing("errors", "write it like `- errors: {min_effect: 50%}`");
  choice.finish();
  if (!word) return std::nullopt;
  metric.source = *value_of(kSourceWords, *word);
  Fields fields(report, *choice.find(*word), quoted(*word));
  if (is_proxys(metric.source)) {
    metric.name = std::string(*word);
    fields.text("name", metric.name);
  }
  read_source(fields, metric);
  read_judge(fields, metric);
  fields.number("allowed_inconclusive", metric.allowed_inconclusive, 0, 1'000);
  fields.finish();
  return metric;
}

}  // namespace

void read_analysis(Fields& fields, EnvironmentSpec& spec) {
  const Node* node = fields.find("analysis");
  if (node == nullptr) return;
  Report& report = fields.report();
  Fields analysis(report, *node, "`analysis`");
  analysis.duration("every", spec.rollout.analysis_every, Duration(1'000), kDay);
  const Node* metrics = analysis.find("metrics");
  if (metrics == nullptr) analysis.missing("metrics", "add `metrics: [errors, latency]`");
  analysis.finish();
  if (metrics == nullptr) return;
  if (!metrics->is_sequence()) return wrong_type(report, *metrics, "`metrics`", "a list");
  if (metrics->items().size() > kMostMetrics) {
    report.error("too-many", metrics->span(), "an analysis can have at most 100 metrics");
    return;
  }
  if (metrics->items().empty()) report.error("missing-value", metrics->span(), "an analysis needs at least one metric");
  std::unordered_set<std::string> names;
  for (const Node* item : metrics->items()) {
    std::optional<Metric> metric = read_metric(report, *item);
    if (!metric) continue;
    if (!metric->name.empty() && !names.insert(metric->name).second) {
      report.error("repeated", item->span(), "two metrics are called " + quoted(metric->name)).help =
          "give one of them another `name`";
    }
    spec.analysis.metrics.push_back(std::move(*metric));
    spec.rollout.analyse_bake = true;
  }
}

}  // namespace penstock::environments
