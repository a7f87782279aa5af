#pragma once

#include <optional>
#include <stop_token>
#include <vector>

#include "analysis/judge.h"
#include "blobs/blob_store.h"
#include "delivery/delivery.h"
#include "delivery/request_log.h"
#include "rollout/command.h"

namespace penstock {

/// Carries out Measure: gathers what each metric says, has it judged, and keeps what was judged as a blob. Looks come
/// one at a time.
class Analyst {
 public:
  Analyst(const DeliveryParts& parts, const DeliveryOrder& order, const RequestLog& requests)
      : parts_(parts), order_(order), requests_(requests) {}

  rollout_event::Measured measure(int64_t command, const rollout_command::Measure& measure, std::stop_token stop);

 private:
  /// What looks of one analysis have gathered so far, by metric.
  struct Memory {
    Instant since;
    std::vector<MetricSamples> samples;
    Instant last_look;
  };

  /// Begins an analysis, or goes on with one whose looks so far another driver has made.
  void recall(const rollout_command::Measure& measure);
  void gather(size_t metric, const rollout_command::Measure& measure, const std::stop_token& stop);
  void gather_from_proxy(size_t metric, const rollout_command::Measure& measure);
  void gather_elsewhere(const Metric& metric, const rollout_command::Measure& measure, const std::stop_token& stop,
                        MetricSamples& samples);
  [[nodiscard]] Series series_of(const Metric& metric, InstanceGroup group, Instant since, Series before = {}) const;

  const DeliveryParts& parts_;
  const DeliveryOrder& order_;
  const RequestLog& requests_;
  Memory memory_;
  std::vector<MetricSamples> recalled_;  ///< What that driver had gathered, by metric.
  std::string trouble_;                  ///< Why a metric gave nothing at this look; the first.
};

}  // namespace penstock
