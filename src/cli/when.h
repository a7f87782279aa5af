#pragma once

#include <string>

#include "base/time.h"

namespace penstock {

/// A moment as a person says it: `12m ago`, `today 9:12`, `Tue 10:31`, `3 Nov 10:31`, `3 Nov 2025`. In the machine's
/// time zone.
std::string to_when(Instant then, Instant now);

/// A moment to come: `14:35`, `Tue 9:10`, `3 Dec 9:10`. In the machine's time zone.
std::string to_later(Instant then, Instant now);

/// When something starts: `14:35 (in 30m)`, `Tue 9:10 (in 2d3h)`; `14:35` where that is over. In the machine's time
/// zone.
std::string to_start(Instant then, Instant now);

/// `21 Nov 2026` in the machine's time zone.
std::string to_day(Instant instant);

/// `14:03:07` in the machine's time zone; `with_seconds` false: `14:03`.
std::string to_clock(Instant instant, bool with_seconds);

}  // namespace penstock
