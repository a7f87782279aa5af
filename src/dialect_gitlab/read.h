#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/suggest.h"
#include "base/time.h"
#include "dialect_gitlab/report.h"
#include "plan/plan.h"
#include "yaml/yaml.h"

namespace penstock::gitlab {

/// One keyword of a mapping: what we build, and what GitLab knows and we don't build yet (a clear error, never ignored
/// silently).
struct Keyword {
  std::string_view name;
  bool built = true;
};

/// Reports each key of `mapping` that is none of `keywords`, with a suggestion, and each that isn't built yet. `where`
/// is how a person would say it: "`artifacts`". False where `mapping` is no mapping, which is reported too.
bool check_keywords(Report& report, const yaml::Node& mapping, std::span<const Keyword> keywords,
                    std::string_view where);

/// Reports where `mapping` has no `key`, or nothing at it. `where` as for `check_keywords`.
void require(Report& report, const yaml::Node& mapping, std::string_view key, std::string_view where);

/// Reports that `what` ("`rules`") is not `wanted` ("a list").
Diagnostic& wrong_type(Report& report, const yaml::Node& node, std::string_view what, std::string_view wanted);

/// What stands for NAME in `KEY: NAME` and in `KEY: {name: NAME}`; null where nothing does.
const yaml::Node* name_in(const yaml::Node& node);

/// Each of these reports what it can't read as `what` ("`stage`") and then returns nothing.
std::optional<std::string> read_string(Report& report, const yaml::Node& node, std::string_view what);
std::optional<bool> read_bool(Report& report, const yaml::Node& node, std::string_view what);
std::optional<int> read_int(Report& report, const yaml::Node& node, std::string_view what, int least, int most);
std::optional<Duration> read_duration(Report& report, const yaml::Node& node, std::string_view what);
/// `start_in`: between one second and one week.
std::optional<Duration> read_delay(Report& report, const yaml::Node& node);
/// A length of time as it is written, which may be `never` or hold variables; empty where it is none.
std::string read_lifetime(Report& report, const yaml::Node& node, std::string_view what);
/// One of the words, which a suggestion names otherwise.
std::optional<std::string> read_word(Report& report, const yaml::Node& node, std::string_view what,
                                     std::span<const std::string_view> words);
/// A list of strings.
std::vector<std::string> read_strings(Report& report, const yaml::Node& node, std::string_view what);
/// A string, or a list of strings.
std::vector<std::string> read_string_or_strings(Report& report, const yaml::Node& node, std::string_view what);
/// A status, or a list of them.
std::vector<int> read_exit_codes(Report& report, const yaml::Node& node, std::string_view what);
/// The lines of a script: a string, or a list of strings, nested at most ten deep.
std::vector<std::string> read_script(Report& report, const yaml::Node& node, std::string_view what);
/// The items of a list in which further lists may stand (`!reference` leaves such), as one list; a single value is a
/// list of one.
std::vector<const yaml::Node*> flat_items(const yaml::Node& node);

/// The value as compact JSON.
std::string to_json(const yaml::Node& node);

/// Warns of a name that a shell can't use.
void check_variable_name(Report& report, const yaml::Node& key);
/// Where variables stand decides what may be said of them besides their value.
enum class VariablesOf { file, job, rule };
/// A mapping of variables; each value a scalar, or a mapping of value, description, options and expand.
Variables read_variables(Report& report, const yaml::Node& node, VariablesOf place);

}  // namespace penstock::gitlab
