#pragma once

#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace penstock {

/// When something was, as a person says it: `14:05` (the last time that the clock showed that), `20m`, `2h`, `3d`
/// (ago), `2026-08-01 14:05` (also with a `T`, and with a `Z` at its end in UTC). Without one, the reader's zone
/// counts. A mistake, and a moment that is still to come, is a Fault::user error.
Result<Instant> parse_moment(std::string_view text, Instant now);

}  // namespace penstock
