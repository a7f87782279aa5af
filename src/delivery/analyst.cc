#include "delivery/analyst.h"

#include <utility>

#include "analysis/record.h"
#include "delivery/facts.h"
#include "delivery/metric_source.h"
#include "os/clock.h"
#include "rollout/group_name.h"

namespace penstock {
namespace {

constexpr uint64_t kLargestRecord = uint64_t{64} << 20;

bool is_from_proxy(const Metric& metric) {
  return metric.source == Metric::Source::proxy_errors || metric.source == Metric::Source::proxy_latency;
}

MetricScope scope_of(const DeliveryOrder& order, InstanceGroup group, const std::stop_token& stop) {
  const std::string& id = group == InstanceGroup::incoming ? order.to : order.from;
  const Release* release = release_of(order, id);
  MetricScope scope;
  scope.placeholders = {{"release", id},
                        {"release_name", release == nullptr ? "" : release->name},
                        {"version", release == nullptr ? "" : release->version},
                        {"group", std::string(to_string(group))},
                        {"environment", order.environment.name}};
  scope.environment = rollout_facts(order);
  scope.environment["PENSTOCK_METRIC_RELEASE"] = id;
  scope.environment["PENSTOCK_GROUP"] = to_string(group);
  scope.folder = order.folder;
  scope.stop = stop;
  return scope;
}

}  // namespace

rollout_event::Measured Analyst::measure(int64_t command, const rollout_command::Measure& measure,
                                         std::stop_token stop) {
  const std::vector<Metric>& metrics = order_.environment.analysis.metrics;
  trouble_.clear();
  if (measure.look == 1 || memory_.since != measure.since || memory_.samples.size() != metrics.size()) recall(measure);
  for (size_t i = 0; i < metrics.size(); ++i) gather(i, measure, stop);
  memory_.last_look = parts_.clock.now();

  AnalysisRecord record;
  record.input = {order_.environment.analysis, memory_.samples, measure.look, measure.looks};
  record.judgement = judge(record.input);
  rollout_event::Measured measured{command, record.judgement.verdict, record.judgement.summary, {}};
  if (!trouble_.empty()) measured.summary += " (" + trouble_ + ")";
  // A verdict without its evidence is still the verdict: a full disk must not keep a bad canary in traffic.
  if (const Result<Digest> evidence = put(parts_.blobs, to_json(record)); evidence.ok()) {
    measured.evidence = to_hex(*evidence);
  }
  return measured;
}

void Analyst::recall(const rollout_command::Measure& measure) {
  const size_t metrics = order_.environment.analysis.metrics.size();
  memory_ = {measure.since, std::vector<MetricSamples>(metrics), measure.since};
  recalled_ = memory_.samples;
  if (measure.look == 1) return;
  const std::optional<Digest> digest = digest_from_hex(measure.earlier);
  const Result<std::string> text =
      digest ? get(parts_.blobs, *digest, kLargestRecord) : Result<std::string>(Error{Fault::machine, "", ""});
  if (text.ok()) {
    const Result<AnalysisRecord> record = analysis_record_from_json(*text);
    if (record.ok() && record->input.samples.size() == metrics) {
      recalled_ = memory_.samples = record->input.samples;
      return;
    }
  }
  trouble_ = "what earlier looks saw is lost: it counts from here on";
}

void Analyst::gather(size_t metric, const rollout_command::Measure& measure, const std::stop_token& stop) {
  const Metric& spec = order_.environment.analysis.metrics[metric];
  MetricSamples& samples = memory_.samples[metric];
  if (is_from_proxy(spec)) {
    gather_from_proxy(metric, measure);
  } else {
    gather_elsewhere(spec, measure, stop, samples);
  }
}

void Analyst::gather_from_proxy(size_t metric, const rollout_command::Measure& measure) {
  const Metric& spec = order_.environment.analysis.metrics[metric];
  MetricSamples& samples = memory_.samples[metric];
  if (spec.limit) {
    samples.readings.push_back(reading_of(spec, series_of(spec, InstanceGroup::incoming, memory_.last_look)));
  } else {
    // The log of requests begins with the driver: what was recalled is not in it.
    samples.incoming = series_of(spec, InstanceGroup::incoming, measure.since, recalled_[metric].incoming);
    samples.against = series_of(spec, measure.against, measure.since, recalled_[metric].against);
  }
}

void Analyst::gather_elsewhere(const Metric& metric, const rollout_command::Measure& measure,
                               const std::stop_token& stop, MetricSamples& samples) {
  const auto read = [&](InstanceGroup group) -> std::optional<double> {
    const Result<double> number = read_metric(metric, scope_of(order_, group, stop));
    if (number.ok()) return *number;
    if (trouble_.empty()) trouble_ = number.error().message;
    return std::nullopt;
  };
  const std::optional<double> incoming = read(InstanceGroup::incoming);
  if (metric.limit) {
    samples.readings.push_back(incoming);
    return;
  }
  const Instant now = parts_.clock.now();
  if (incoming) samples.incoming.add(now, *incoming);
  if (const std::optional<double> against = read(measure.against)) samples.against.add(now, *against);
}

Series Analyst::series_of(const Metric& metric, InstanceGroup group, Instant since, Series before) const {
  Series series = std::move(before);
  requests_.each_since(group, since, [&](const RequestLog::Seen& seen) {
    if (metric.source == Metric::Source::proxy_latency) {
      series.add(seen.at, static_cast<double>(seen.microseconds) / 1000);
    } else {
      series.add(seen.at, seen.status == 0 || seen.status >= 500 ? 1 : 0);
    }
  });
  return series;
}

}  // namespace penstock
