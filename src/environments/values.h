#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/suggest.h"
#include "base/time.h"
#include "environments/report.h"
#include "rollout/spec.h"
#include "yaml/yaml.h"

namespace penstock::environments {

using yaml::Node;
using Pairs = std::vector<std::pair<std::string, std::string>>;

/// `a`, `b`, `c`.
std::string listed(std::span<const std::string_view> words);
/// Reports that `what` ("`stop`") must be `wanted` ("a mapping").
void wrong_type(Report& report, const Node& node, std::string_view what, std::string_view wanted);

/// Each of these reports what it can't read as `what` and then returns nothing.
/// What reads a text or a list of them reports one that is empty.
std::optional<std::string> read_text(Report& report, const Node& node, std::string_view what);
/// Any number; nothing is reported.
std::optional<double> read_float(const Node& node);
std::optional<bool> read_flag(Report& report, const Node& node, std::string_view what);
std::optional<int> read_number(Report& report, const Node& node, std::string_view what, int least, int most);
/// `30s`, `1h 30m`, `500ms`, `7d`; a number without unit counts seconds.
std::optional<Duration> read_duration(Report& report, const Node& node, std::string_view what, Duration least,
                                      Duration most);
/// `0.01` or `1%`.
std::optional<double> read_share(Report& report, const Node& node, std::string_view what);
/// `3` or `25%` of these: "instances", "hosts". With `least` 1 none of them is a mistake.
std::optional<Amount> read_amount(Report& report, const Node& node, std::string_view what,
                                  std::string_view of = "instances", int least = 0);
std::optional<std::string> read_word(Report& report, const Node& node, std::string_view what,
                                     std::span<const std::string_view> words);
/// A list of strings; a single string is a list of one.
std::vector<std::string> read_texts(Report& report, const Node& node, std::string_view what);
/// A mapping of names to scalars, in order.
Pairs read_pairs(Report& report, const Node& node, std::string_view what);

}  // namespace penstock::environments
