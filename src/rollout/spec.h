#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "rollout/instance.h"

namespace penstock {

/// A number of instances: so many, or so many percent of those wanted. `max_surge` rounds a percentage up,
/// `max_unavailable` down, as Kubernetes and Argo Rollouts do.
struct Amount {
  int value = 0;
  bool percent = false;

  [[nodiscard]] int rounded_up(int of) const;
  [[nodiscard]] int rounded_down(int of) const;
  friend bool operator==(const Amount&, const Amount&) = default;
};

/// When an instance counts as ready (may take traffic) and as live (else it is restarted).
struct HealthPolicy {
  Duration start_within{std::chrono::seconds(30)};  ///< From its start to ready for the first time.
  Duration every{std::chrono::seconds(1)};
  Duration timeout{std::chrono::seconds(2)};  ///< Of one probe.
  int successes = 1;                          ///< In a row, to become ready.
  int failures = 3;                           ///< In a row, to be no longer ready.
  Duration warm_up{};                         ///< Between ready and its first traffic.

  friend bool operator==(const HealthPolicy&, const HealthPolicy&) = default;
};

namespace strategy {

/// Stops all old instances, then starts the new ones: the only one with a gap.
struct Recreate {
  friend bool operator==(const Recreate&, const Recreate&) = default;
};

struct Rolling {
  Amount max_surge{25, true};
  Amount max_unavailable{0, false};
  Amount batch{0, false};  ///< Hosts at a time; 0: as surge and unavailability allow.
  Duration wait{};         ///< Between batches.

  friend bool operator==(const Rolling&, const Rolling&) = default;
};

struct BlueGreen {
  bool preview = false;   ///< Waits for a person, who can look at the new colour at the preview address.
  bool analysis = false;  ///< Of the new colour at the preview address, before the switch.
  Duration keep_old{std::chrono::minutes(30)};  ///< How long the old colour stands after the bake time.

  friend bool operator==(const BlueGreen&, const BlueGreen&) = default;
};

namespace canary_step {
struct Weight {
  int percent = 0;
  friend bool operator==(const Weight&, const Weight&) = default;
};
struct Pause {
  std::optional<Duration> time;  ///< Nothing: until a person continues.
  friend bool operator==(const Pause&, const Pause&) = default;
};
struct Analysis {
  Duration time{};  ///< How long it looks, all looks together.
  friend bool operator==(const Analysis&, const Analysis&) = default;
};
/// Requests with this header go to the canary from here on (A/B).
struct Header {
  TrafficSplit::HeaderRoute route;
  friend bool operator==(const Header&, const Header&) = default;
};
}  // namespace canary_step

/// One step of a canary; steps are taken in order.
struct CanaryStep {
  using Weight = canary_step::Weight;
  using Pause = canary_step::Pause;
  using Analysis = canary_step::Analysis;
  using Header = canary_step::Header;
  std::variant<Weight, Pause, Analysis, Header> what;

  friend bool operator==(const CanaryStep&, const CanaryStep&) = default;
};

struct Canary {
  std::vector<CanaryStep> steps;
  Amount instances{0, false};        ///< Canaries to start; 0: as many as the greatest weight asks for, at least one.
  bool baseline = false;             ///< Compare with fresh instances of the old release, not with the old ones.
  bool background_analysis = false;  ///< Analyse through all steps from the first weight on.

  friend bool operator==(const Canary&, const Canary&) = default;
};

}  // namespace strategy

using Strategy = std::variant<strategy::Recreate, strategy::Rolling, strategy::BlueGreen, strategy::Canary>;

/// Where instances may stand.
struct HostSlots {
  std::string host;
  std::vector<int> ports;

  friend bool operator==(const HostSlots&, const HostSlots&) = default;
};

/// All that the machine must know of an environment to roll out. How an instance is started, probed or reached is the
/// deliverer's business.
struct RolloutSpec {
  std::string environment;
  Strategy strategy;
  std::vector<HostSlots> hosts;
  int instances = 1;            ///< Wanted in all, spread evenly over the hosts.
  bool steers_traffic = false;  ///< A proxy or a command splits traffic; else the numbers of instances do.
  HealthPolicy health;
  Duration drain{std::chrono::seconds(30)};           ///< At most, for open requests to end.
  Duration deadline{std::chrono::hours(1)};           ///< Of the whole rollout, waits for people left out.
  Duration bake{};                                    ///< Watched after promotion; a failure takes back.
  bool analyse_bake = false;                          ///< Metrics are judged during the bake too: only a fail counts.
  Duration analysis_every{std::chrono::seconds(30)};  ///< Between two looks of an analysis.
  std::vector<std::string>
      hooks;  ///< Points that have one: `before`, `after_step`, `before_switch`, `after`, `on_failure`.

  friend bool operator==(const RolloutSpec&, const RolloutSpec&) = default;
};

/// The same environment for a rollback: without steps, previews, analyses and waits. What was blue-green or a canary
/// switches at once where there is room for both releases; a rolling one takes all hosts as one batch.
RolloutSpec for_rollback(RolloutSpec spec);

}  // namespace penstock
