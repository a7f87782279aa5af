#include "base/time_zone.h"

namespace penstock {

LocalTime to_local(const TimeZone& zone, Instant instant) {
  return LocalTime(instant.time_since_epoch() + zone.period_at(instant).offset);
}

std::vector<Instant> to_instants(const TimeZone& zone, LocalTime local) {
  constexpr std::chrono::hours kFarthest(26);  // no wall clock was ever farther from UTC
  const Instant as_utc(local.time_since_epoch());
  std::vector<Instant> instants;
  Instant at = as_utc - kFarthest;
  while (at <= as_utc + kFarthest) {
    const TimeZone::Period period = zone.period_at(at);
    const Instant candidate = as_utc - period.offset;
    if ((!period.from || *period.from <= candidate) && (!period.until || candidate < *period.until))
      instants.push_back(candidate);
    if (!period.until) break;
    at = *period.until;
  }
  return instants;
}

}  // namespace penstock
