#include "analysis/record.h"

#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "base/json_writer.h"

namespace penstock {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;
// Far beyond what a rollout sees; sums of these stay exact.
constexpr int64_t kMostTime = int64_t{1} << 45;  // milliseconds: the year 3084
constexpr int64_t kMostCount = int64_t{1} << 40;
constexpr int kMostLooks = 1'000'000;

constexpr std::array<std::pair<Metric::Source, std::string_view>, 5> kSources = {{
    {Metric::Source::proxy_errors, "proxy_errors"},
    {Metric::Source::proxy_latency, "proxy_latency"},
    {Metric::Source::prometheus, "prometheus"},
    {Metric::Source::http_json, "http_json"},
    {Metric::Source::command, "command"},
}};
constexpr std::array<std::pair<Verdict, std::string_view>, 3> kVerdicts = {{
    {Verdict::pass, "pass"},
    {Verdict::fail, "fail"},
    {Verdict::inconclusive, "inconclusive"},
}};

template <class Names, class Value>
std::string_view word_of(const Names& names, Value value) {
  for (const auto& [known, name] : names) {
    if (known == value) return name;
  }
  return {};
}

template <class Names>
auto named(const Names& names, const std::string& word) {
  for (const auto& [value, name] : names) {
    if (name == word) return value;
  }
  throw std::runtime_error("`" + word + "` is nothing that this version of ci knows");
}

void write_optional(JsonWriter& writer, std::string_view name, const std::optional<double>& value) {
  if (value) writer.member(name, *value);
}

void write_numbers(JsonWriter& writer, std::string_view name, const std::vector<double>& values) {
  writer.key(name).begin_array();
  for (const double value : values) writer.value(value);
  writer.end_array();
}

void write_metric(JsonWriter& writer, const Metric& metric) {
  writer.begin_object().member("name", metric.name).member("source", word_of(kSources, metric.source));
  if (metric.limit) {
    writer.key("limit").begin_object();
    write_optional(writer, "min", metric.limit->min);
    write_optional(writer, "max", metric.limit->max);
    writer.member("allowed_failures", metric.limit->allowed_failures).end_object();
  }
  if (metric.compare) {
    const Metric::Comparison& rule = *metric.compare;
    writer.key("compare").begin_object();
    writer.member("significance", rule.significance).member("min_effect", rule.min_effect);
    writer.member("min_absolute", rule.min_absolute).member("min_samples", rule.min_samples);
    writer.member("quantile", rule.quantile).end_object();
  }
  writer.member("allowed_inconclusive", metric.allowed_inconclusive).end_object();
}

/// A block is `[start, value, count, value, count, …]`.
void write_series(JsonWriter& writer, std::string_view name, const Series& series) {
  writer.key(name).begin_object().member("block_ms", static_cast<int64_t>(series.block_length().count()));
  writer.key("blocks").begin_array();
  for (const Series::Block& block : series.blocks()) {
    writer.begin_array().value(static_cast<int64_t>(block.start.time_since_epoch().count()));
    for (const ValueCount& value : block.values) writer.value(value.value).value(value.count);
    writer.end_array();
  }
  writer.end_array().end_object();
}

void write_samples(JsonWriter& writer, const MetricSamples& samples) {
  writer.begin_object();
  write_series(writer, "incoming", samples.incoming);
  write_series(writer, "against", samples.against);
  writer.key("readings").begin_array();
  for (const auto& reading : samples.readings) reading ? writer.value(*reading) : writer.null();
  writer.end_array().end_object();
}

void write_judgement(JsonWriter& writer, const Judgement& judgement) {
  writer.begin_object().member("verdict", word_of(kVerdicts, judgement.verdict));
  writer.member("summary", judgement.summary).key("metrics").begin_array();
  for (const MetricJudgement& one : judgement.metrics) {
    writer.begin_object().member("metric", one.metric).member("verdict", word_of(kVerdicts, one.verdict));
    writer.member("facts", one.facts).member("conclusion", one.conclusion);
    write_optional(writer, "p", one.p);
    write_optional(writer, "effect", one.effect);
    write_numbers(writer, "trend", one.trend);
    writer.end_object();
  }
  writer.end_array().end_object();
}

int64_t integer(const Json& json, int64_t least, int64_t most) {
  if (!json.is_number_integer()) throw std::runtime_error("a whole number is expected, not " + json.dump());
  const auto value = json.get<int64_t>();
  if (value < least || value > most) throw std::runtime_error(json.dump() + " is out of range");
  return value;
}

int small(const Json& json, const char* name, int least, int most) {
  return static_cast<int>(integer(json.at(name), least, most));
}

std::optional<double> read_optional(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found == json.end() || found->is_null() ? std::nullopt : std::optional(found->get<double>());
}

Metric read_metric(const Json& json) {
  Metric metric;
  metric.name = json.at("name").get<std::string>();
  metric.source = named(kSources, json.at("source").get<std::string>());
  metric.allowed_inconclusive = small(json, "allowed_inconclusive", 0, kMostLooks);
  if (const auto limit = json.find("limit"); limit != json.end())
    metric.limit = {read_optional(*limit, "min"), read_optional(*limit, "max"),
                    small(*limit, "allowed_failures", 0, kMostLooks)};
  if (const auto rule = json.find("compare"); rule != json.end())
    metric.compare = {rule->at("significance").get<double>(), rule->at("min_effect").get<double>(),
                      rule->at("min_absolute").get<double>(), small(*rule, "min_samples", 0, 1'000'000'000),
                      rule->at("quantile").get<double>()};
  return metric;
}

Series read_series(const Json& json) {
  std::vector<Series::Block> blocks;
  for (const Json& items : json.at("blocks")) {
    if (!items.is_array() || items.size() % 2 == 0)
      throw std::runtime_error("a block is a start, then values and counts");
    Series::Block& block = blocks.emplace_back(Series::Block{Instant(Duration(integer(items[0], 0, kMostTime))), {}});
    for (size_t i = 1; i < items.size(); i += 2)
      block.values.push_back({items[i].get<double>(), integer(items[i + 1], 1, kMostCount)});
  }
  return {Duration(integer(json.at("block_ms"), 1, kMostTime)), std::move(blocks)};
}

MetricSamples read_samples(const Json& json) {
  MetricSamples samples{read_series(json.at("incoming")), read_series(json.at("against")), {}};
  for (const Json& reading : json.at("readings"))
    samples.readings.push_back(reading.is_null() ? std::nullopt : std::optional(reading.get<double>()));
  return samples;
}

Judgement read_judgement(const Json& json) {
  Judgement judgement{
      named(kVerdicts, json.at("verdict").get<std::string>()), json.at("summary").get<std::string>(), {}};
  for (const Json& metric : json.at("metrics")) {
    MetricJudgement& one = judgement.metrics.emplace_back();
    one.metric = metric.at("metric").get<std::string>();
    one.verdict = named(kVerdicts, metric.at("verdict").get<std::string>());
    one.facts = metric.at("facts").get<std::string>();
    one.conclusion = metric.at("conclusion").get<std::string>();
    one.p = read_optional(metric, "p");
    one.effect = read_optional(metric, "effect");
    for (const Json& value : metric.at("trend")) one.trend.push_back(value.get<double>());
  }
  return judgement;
}

}  // namespace

std::string to_json(const AnalysisRecord& record) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object().member("version", kVersion);
  writer.member("look", record.input.look).member("looks", record.input.looks);
  writer.key("metrics").begin_array();
  for (const Metric& metric : record.input.spec.metrics) write_metric(writer, metric);
  writer.end_array().key("samples").begin_array();
  for (const MetricSamples& samples : record.input.samples) write_samples(writer, samples);
  writer.end_array().key("judgement");
  write_judgement(writer, record.judgement);
  writer.end_object();
  return text;
}

Result<AnalysisRecord> analysis_record_from_json(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    if (json.at("version") != kVersion)
      return Error{Fault::user,
                   "the analysis is of version " + json.at("version").dump() + ", this ci reads version " +
                       std::to_string(kVersion),
                   ""};
    AnalysisRecord record;
    record.input.look = small(json, "look", 1, kMostLooks);
    record.input.looks = small(json, "looks", 1, kMostLooks);
    for (const Json& metric : json.at("metrics")) record.input.spec.metrics.push_back(read_metric(metric));
    for (const Json& samples : json.at("samples")) record.input.samples.push_back(read_samples(samples));
    record.judgement = read_judgement(json.at("judgement"));
    return record;
  } catch (const std::exception& failure) {
    return Error{Fault::user, std::string("the analysis can't be read: ") + failure.what(), ""};
  }
}

Replay replay(const AnalysisRecord& record) {
  Replay replayed{judge(record.input), false};
  replayed.same = replayed.judgement == record.judgement;
  return replayed;
}

}  // namespace penstock
