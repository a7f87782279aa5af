#pragma once

#include <optional>
#include <string>

#include "base/time.h"

namespace penstock {

/// A time in which nothing is deployed. Either repeating (`cron` with `length`, in the wall-clock time of `zone`) or
/// once (`from` until `to`).
struct FreezeWindow {
  std::string name;
  std::string cron;  ///< Five fields: minute hour day month weekday. Empty: once.
  Duration length{};
  std::string zone = "UTC";  ///< IANA name.
  std::optional<Instant> from;
  std::optional<Instant> to;

  friend bool operator==(const FreezeWindow&, const FreezeWindow&) = default;
};

}  // namespace penstock
