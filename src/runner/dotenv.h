#pragma once

#include <string_view>

#include "base/result.h"
#include "plan/plan.h"

namespace penstock {

/// Variables out of a dotenv report, by GitLab's rules: one `NAME=value` a line, no comments, no blank lines, no
/// quoting; the last of two with one name holds. Less than 5 KiB and at most 20 variables, as GitLab's default limits
/// say. `name` is the file's, for errors.
Result<Variables> parse_dotenv(std::string_view text, std::string_view name);

}  // namespace penstock
