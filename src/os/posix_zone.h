#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "base/time_zone.h"

namespace penstock::os {

/// A zone's rule for all years, in the form of POSIX's TZ variable with the extensions of RFC 8536:
/// `CET-1CEST,M3.5.0,M10.5.0/3`.
struct PosixZone {
  /// A day of each year and a time of it, by the wall clock that holds before it.
  struct Change {
    enum class Kind { julian_without_leap_day, day_of_year, week_of_month } kind = Kind::week_of_month;
    int day = 0;  ///< Of the year, or of the week.
    int week = 0;
    int month = 0;
    std::chrono::seconds time{};
  };

  std::chrono::seconds standard{};
  std::optional<std::chrono::seconds> daylight;
  Change begins;  ///< Of daylight-saving time.
  Change ends;

  /// The period that holds at `instant`.
  [[nodiscard]] TimeZone::Period period_at(Instant instant) const;
};

std::optional<PosixZone> parse_posix_zone(std::string_view text);

}  // namespace penstock::os
