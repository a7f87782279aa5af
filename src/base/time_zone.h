#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace penstock {

/// Wall-clock time somewhere, without saying where.
using LocalTime = std::chrono::local_time<Duration>;

/// The rules of one place: how far its wall clock is ahead of UTC, and when that changes. Immutable.
class TimeZone {
 public:
  /// A time in which the offset stays. `from` inclusive, `until` exclusive; nothing: without end on that side.
  struct Period {
    std::optional<Instant> from;
    std::optional<Instant> until;
    std::chrono::seconds offset{};

    friend bool operator==(const Period&, const Period&) = default;
  };

  virtual ~TimeZone() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  [[nodiscard]] virtual Period period_at(Instant instant) const = 0;
};

/// Finds zones by their IANA names. Implemented by os/time_zones.h; handed in, because the rules are files.
class TimeZones {
 public:
  virtual ~TimeZones() = default;
  /// An Error (Fault::user) names a near zone where the name is unknown.
  virtual Result<std::shared_ptr<const TimeZone>> find(std::string_view name) = 0;
};

LocalTime to_local(const TimeZone& zone, Instant instant);

/// When the wall clock shows `local`: never (it jumps over it), once, or twice; by time.
std::vector<Instant> to_instants(const TimeZone& zone, LocalTime local);

}  // namespace penstock
