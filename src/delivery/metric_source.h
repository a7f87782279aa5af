#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/analysis_spec.h"
#include "base/result.h"
#include "os/environment.h"

namespace penstock {

/// Whom a metric is read for.
struct MetricScope {
  std::vector<std::pair<std::string, std::string>> placeholders;  ///< `release` → its id, for `{{release}}`.
  os::Environment environment;                                    ///< Of a command.
  std::filesystem::path folder;                                   ///< A command's working directory.
  std::stop_token stop;
};

/// Reads one number from where the metric says (not for those that the proxy tells). An Error where there is none: no
/// answer, no data, no number.
Result<double> read_metric(const Metric& metric, const MetricScope& scope);

/// `{{name}}` replaced, spaces inside the braces allowed; a name that isn't known stays as it is.
std::string filled_in(std::string_view text, const std::vector<std::pair<std::string, std::string>>& placeholders);
/// The one number of Prometheus' answer to an instant query: a scalar, or a vector of one sample.
Result<double> number_of_prometheus(std::string_view json);
/// The number at a JSON pointer (RFC 6901; empty is the whole); a text that is a number counts.
Result<double> number_at(std::string_view json, const std::string& pointer);

}  // namespace penstock
