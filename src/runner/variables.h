#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "plan/plan.h"

namespace penstock {

/// A job's variables with their final values, by name.
using Values = std::map<std::string, std::string, std::less<>>;

using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

/// Replaces references as gitlab-runner does: `$NAME` and `${NAME}` by the value, or by nothing where there is none;
/// `$$` by `$`; `%NAME%` where the name is known (`date +%Y%m%d` stays). Once: what a value brings in is not looked at
/// again.
std::string expand(std::string_view text, const Lookup& lookup);
std::string expand(std::string_view text, const Values& values);

/// The environment of a job. `layers` in order of precedence, lowest first, within a layer too. References are expanded
/// whatever the order (a raw value's aren't); one to the variable itself means its value below (`PATH:
/// $HOME/bin:$PATH`); one that leads back in a circle stays as it is written. A file variable's value is put into
/// `files`, and its path (`file_folder`/NAME) is what references and processes see. Errors: a name that no environment
/// can hold, a value that no process could be started with.
Result<Values> compose_variables(const std::vector<Variables>& layers, const std::string& file_folder, Values& files);

/// `NAME=value` each.
std::vector<std::string> as_environment(const Values& values);

/// Variables out of `NAME=value` texts, raw.
Variables from_environment(const std::vector<std::string>& environment);

}  // namespace penstock
