#pragma once

#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace penstock {

/// What `--since` means: `30d`, `12w`, `6h` before now, or a day, `2026-08-01` (its beginning in UTC). A mistake is a
/// Fault::user error.
Result<Instant> parse_since(std::string_view text, Instant now);

}  // namespace penstock
