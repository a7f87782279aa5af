#pragma once

#include <string>

#include "base/time_zone.h"

namespace penstock {

/// Zones for tests without the machine's rules: `UTC`, and `Europe/Berlin` as it is in winter.
class FixedZones : public TimeZones {
 public:
  Result<std::shared_ptr<const TimeZone>> find(std::string_view name) override;
};

}  // namespace penstock
