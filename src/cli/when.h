#pragma once

#include <string>

#include "base/time.h"

namespace penstock {

/// A moment as a person says it: `12m ago`, `today 9:12`, `Tue 10:31`, `3 Nov 10:31`, `3 Nov 2025`. In the machine's
/// time zone.
std::string to_when(Instant then, Instant now);

/// `14:03:07` in the machine's time zone; `with_seconds` false: `14:03`.
std::string to_clock(Instant instant, bool with_seconds);

}  // namespace penstock
