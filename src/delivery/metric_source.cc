#include "delivery/metric_source.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "delivery/command.h"
#include "net/http.h"

namespace penstock {
namespace {

using Json = nlohmann::json;

constexpr Duration kLimit{10'000};

Error no_number(std::string why) { return {Fault::machine, std::move(why), ""}; }

Result<double> to_number(std::string_view text) {
  while (!text.empty() && std::string_view(" \t\r\n").find(text.back()) != std::string_view::npos)
    text.remove_suffix(1);
  while (!text.empty() && std::string_view(" \t\r\n").find(text.front()) != std::string_view::npos)
    text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) {
    return no_number("it gave no number");
  }
  return number;
}

Result<double> number_of(const Json& json) {
  if (json.is_number()) return to_number(json.dump());
  if (json.is_string()) return to_number(json.get_ref<const std::string&>());
  return no_number("it gave no number");
}

const Json* member(const Json& json, const char* name) {
  if (!json.is_object()) return nullptr;
  const auto place = json.find(name);
  return place == json.end() ? nullptr : &*place;
}

/// `[time, "value"]`.
Result<double> sample_of(const Json* sample) {
  if (sample == nullptr || !sample->is_array() || sample->size() != 2) return no_number("not an answer of Prometheus");
  return number_of((*sample)[1]);
}

std::string query_escaped(std::string_view text) {
  std::string escaped;
  for (const unsigned char c : text) {
    if ((std::isalnum(c) != 0 && c < 0x80) ||
        std::string_view("-._~").find(static_cast<char>(c)) != std::string_view::npos) {
      escaped += static_cast<char>(c);
    } else {
      char code[4];
      (void)std::snprintf(code, sizeof code, "%%%02X", c);
      escaped += code;
    }
  }
  return escaped;
}

Result<std::string> fetch(const std::string& url, const MetricScope& scope) {
  net::HttpRequest request;
  request.url = url;
  request.timeout = kLimit;
  request.redirects = 0;
  request.stop = scope.stop;
  request.headers = {{"Accept", "application/json"}};
  PENSTOCK_TRY(net::HttpResponse response, net::exchange(request));
  if (response.status != 200) return no_number("it answered with status " + std::to_string(response.status));
  return std::move(response.body);
}

Result<double> read_prometheus(const Metric& metric, const MetricScope& scope) {
  std::string url = filled_in(metric.address, scope.placeholders);
  while (!url.empty() && url.back() == '/') url.pop_back();
  url += "/api/v1/query?query=" + query_escaped(filled_in(metric.query, scope.placeholders));
  PENSTOCK_TRY(const std::string body, fetch(url, scope));
  return number_of_prometheus(body);
}

Result<double> read_command(const Metric& metric, const MetricScope& scope) {
  UserCommand command;
  command.line = metric.command;
  command.environment = scope.environment;
  command.folder = scope.folder;
  command.limit = kLimit;
  PENSTOCK_TRY(const CommandOutcome outcome, run_user_command(command));
  if (!outcome.status.ok()) return no_number("it ended with " + os::to_words(outcome.status));
  return to_number(outcome.output);
}

Result<double> read_by_source(const Metric& metric, const MetricScope& scope) {
  switch (metric.source) {
    case Metric::Source::prometheus:
      return read_prometheus(metric, scope);
    case Metric::Source::http_json: {
      PENSTOCK_TRY(const std::string body, fetch(filled_in(metric.address, scope.placeholders), scope));
      return number_at(body, metric.query);
    }
    case Metric::Source::command:
      return read_command(metric, scope);
    case Metric::Source::proxy_errors:
    case Metric::Source::proxy_latency:
      break;
  }
  return Error{Fault::internal, "what the proxy tells isn't read", ""};
}

}  // namespace

Result<double> read_metric(const Metric& metric, const MetricScope& scope) {
  Result<double> number = read_by_source(metric, scope);
  if (number.ok()) return number;
  Error error = number.error();
  error.message = "metric " + metric.name + ": " + error.message;
  return error;
}

std::string filled_in(std::string_view text, const std::vector<std::pair<std::string, std::string>>& placeholders) {
  std::string filled;
  while (true) {
    const size_t open = text.find("{{");
    const size_t close = open == std::string_view::npos ? open : text.find("}}", open);
    if (close == std::string_view::npos) return filled + std::string(text);
    filled += text.substr(0, open);
    std::string_view name = text.substr(open + 2, close - open - 2);
    while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    std::optional<std::string_view> value;
    for (const auto& [key, known] : placeholders) {
      if (key == name) value = known;
    }
    filled += value.value_or(text.substr(open, close + 2 - open));
    text.remove_prefix(close + 2);
  }
}

Result<double> number_of_prometheus(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  const Json* data = member(json, "data");
  const Json* result = data == nullptr ? nullptr : member(*data, "result");
  const Json* type = data == nullptr ? nullptr : member(*data, "resultType");
  if (result == nullptr || type == nullptr) return no_number("not an answer of Prometheus");
  if (*type == "scalar") return sample_of(result);
  if (*type != "vector" || !result->is_array()) return no_number("the query gives neither a scalar nor a vector");
  if (result->empty()) return no_number("no data");
  if (result->size() > 1) {
    return Error{Fault::user, "the query gives " + std::to_string(result->size()) + " series, not one",
                 "aggregate them, with sum(…) for instance"};
  }
  return sample_of(member(result->front(), "value"));
}

Result<double> number_at(std::string_view text, const std::string& pointer) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return no_number("it gave no JSON");
  try {
    const Json::json_pointer path(pointer);
    if (!json.contains(path)) return no_number("nothing is at " + pointer + " of what it gave");
    return number_of(json.at(path));
  } catch (const Json::exception&) {
    return Error{Fault::user, "`" + pointer + "` is no JSON pointer", "write it like /stats/errors"};
  }
}

}  // namespace penstock
