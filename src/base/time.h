#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace penstock {

/// A length of time, in milliseconds where it is stored or written.
using Duration = std::chrono::milliseconds;

/// A moment of the wall clock (UTC), in milliseconds since 1970. Pure rooms are handed one; only os/ asks the clock.
using Instant = std::chrono::sys_time<Duration>;

/// ISO 8601 in UTC with seconds, as `2026-11-21T14:03:07Z`: GitLab's form and ours in JSON.
std::string to_iso8601(Instant instant);

/// How a person reads a duration: `0.4s`, `12s`, `3m05s`, `2h10m`, `3d4h`.
std::string to_words(Duration duration);

}  // namespace penstock
