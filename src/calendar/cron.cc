#include "calendar/cron.h"

namespace penstock {
namespace {

using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::year_month;
using std::chrono::year_month_day;

constexpr std::chrono::days kHorizon(366 * 50);
constexpr int kMinutesOfDay = 24 * 60;
constexpr Duration kTick(1);

bool holds(uint64_t set, unsigned value) { return (set >> value & 1U) != 0; }

bool matches_time(const Cron::Fields& fields, int minute_of_day) {
  return holds(fields.hours, static_cast<unsigned>(minute_of_day / 60)) &&
         holds(fields.minutes, static_cast<unsigned>(minute_of_day % 60));
}

/// The first matching minute of a day from `minute` on; nothing: none.
std::optional<int> next_minute(const Cron::Fields& fields, int minute) {
  while (minute < kMinutesOfDay) {
    if (matches_time(fields, minute)) return minute;
    minute = holds(fields.hours, static_cast<unsigned>(minute / 60)) ? minute + 1 : (minute / 60 + 1) * 60;
  }
  return std::nullopt;
}

std::optional<int> previous_minute(const Cron::Fields& fields, int minute) {
  while (minute >= 0) {
    if (matches_time(fields, minute)) return minute;
    minute = holds(fields.hours, static_cast<unsigned>(minute / 60)) ? minute - 1 : minute / 60 * 60 - 1;
  }
  return std::nullopt;
}

LocalTime at_offset(Instant instant, std::chrono::seconds offset) {
  return LocalTime(instant.time_since_epoch() + offset);
}

Instant without_offset(LocalTime local, std::chrono::seconds offset) {
  return Instant(local.time_since_epoch() - offset);
}

bool is_first(const TimeZone& zone, LocalTime local, Instant start) {
  const auto instants = to_instants(zone, local);
  return !instants.empty() && instants.front() == start;
}

/// Does the clock jump over a match when this period begins?
bool jumps_over_match(const Cron& cron, const TimeZone& zone, const TimeZone::Period& period) {
  if (cron.fields().any_hour || !period.from) return false;
  const TimeZone::Period before = zone.period_at(*period.from - kTick);
  if (before.offset >= period.offset) return false;
  const auto skipped = cron.next(at_offset(*period.from, before.offset));
  return skipped && *skipped < at_offset(*period.from, period.offset);
}

}  // namespace

bool Cron::matches_day(local_days day) const {
  const bool by_day = holds(fields_.days, static_cast<unsigned>(year_month_day(day).day()));
  const bool by_weekday = holds(fields_.weekdays, std::chrono::weekday(day).c_encoding());
  return fields_.any_day || fields_.any_weekday ? by_day && by_weekday : by_day || by_weekday;
}

bool Cron::matches(LocalTime local) const {
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const auto minute = std::chrono::floor<minutes>(local - day).count();
  return holds(fields_.months, static_cast<unsigned>(year_month_day(day).month())) && matches_day(day) &&
         matches_time(fields_, static_cast<int>(minute));
}

std::optional<LocalTime> Cron::next(LocalTime local) const {
  auto day = std::chrono::floor<std::chrono::days>(local);
  const auto end = day + kHorizon;
  int minute = static_cast<int>(std::chrono::ceil<minutes>(local - day).count());
  while (day <= end) {
    const year_month_day date(day);
    if (!holds(fields_.months, static_cast<unsigned>(date.month()))) {
      day = local_days((date.year() / date.month() + std::chrono::months(1)) / 1);
      minute = 0;
      continue;
    }
    if (matches_day(day)) {
      if (const auto found = next_minute(fields_, minute)) return LocalTime(day) + minutes(*found);
    }
    day += std::chrono::days(1);
    minute = 0;
  }
  return std::nullopt;
}

std::optional<LocalTime> Cron::previous(LocalTime local) const {
  auto day = std::chrono::floor<std::chrono::days>(local);
  const auto end = day - kHorizon;
  int minute = static_cast<int>(std::chrono::floor<minutes>(local - day).count());
  while (day >= end) {
    const year_month_day date(day);
    if (!holds(fields_.months, static_cast<unsigned>(date.month()))) {
      day = local_days(date.year() / date.month() / 1) - std::chrono::days(1);
      minute = kMinutesOfDay - 1;
      continue;
    }
    if (matches_day(day)) {
      if (const auto found = previous_minute(fields_, minute)) return LocalTime(day) + minutes(*found);
    }
    day -= std::chrono::days(1);
    minute = kMinutesOfDay - 1;
  }
  return std::nullopt;
}

std::optional<Instant> Cron::next(const TimeZone& zone, Instant instant) const {
  const Instant end = instant + kHorizon;
  while (instant <= end) {
    const TimeZone::Period period = zone.period_at(instant);
    if (period.from == instant && jumps_over_match(*this, zone, period)) return instant;
    auto match = next(at_offset(instant, period.offset));
    while (match) {
      const Instant start = without_offset(*match, period.offset);
      if (period.until && start >= *period.until) break;
      if (fields_.any_hour || is_first(zone, *match, start)) return start;
      match = next(*match + minutes(1));
    }
    if (!period.until) break;
    instant = *period.until;
  }
  return std::nullopt;
}

std::optional<Instant> Cron::previous(const TimeZone& zone, Instant instant) const {
  const Instant end = instant - kHorizon;
  while (instant >= end) {
    const TimeZone::Period period = zone.period_at(instant);
    auto match = previous(at_offset(instant, period.offset));
    while (match) {
      const Instant start = without_offset(*match, period.offset);
      if (period.from && start < *period.from) break;
      if (fields_.any_hour || is_first(zone, *match, start)) return start;
      match = previous(*match - minutes(1));
    }
    if (jumps_over_match(*this, zone, period)) return *period.from;
    if (!period.from) break;
    instant = *period.from - kTick;
  }
  return std::nullopt;
}

}  // namespace penstock
