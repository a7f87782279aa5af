#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace penstock {

/// Reads a length of time as GitLab does (`timeout`, `start_in`, `expire_in`): numbers with units in any mixture, such
/// as `90`, `1h 30m`, `3 mins 4 sec`, `2h20min`, `6 mos 1 day`, `3 weeks and 2 days`, `one week`, `1:30:00`. A number
/// without unit counts seconds; a month has 30 days, a year 365.25. Nothing for a text that isn't one, or for more than
/// a thousand years.
std::optional<Duration> parse_duration(std::string_view text);

}  // namespace penstock
