#pragma once

#include <optional>

#include "analysis/series.h"
#include "analysis/statistics.h"

namespace penstock {

/// Two groups beside each other, for one metric.
struct Compared {
  double incoming = 0;  ///< Share, or median.
  double against = 0;
  int64_t incoming_count = 0;
  int64_t against_count = 0;
  double p = 1;                  ///< That chance alone makes the incoming group look so much worse.
  std::optional<double> effect;  ///< (incoming − against) / against; nothing where `against` is 0.
  bool long_enough = false;      ///< Seen in enough blocks of time to tell bursts from a difference.
};

/// Shares of values above 0 (requests that failed).
Compared compare_shares(const Series& incoming, const Series& against);
/// Values as a whole, by their ranks.
Compared compare_values(const Series& incoming, const Series& against);

}  // namespace penstock
