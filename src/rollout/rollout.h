#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "rollout/command.h"
#include "rollout/event.h"
#include "rollout/spec.h"

namespace penstock {

/// Where a rollout stands.
enum class RolloutPhase {
  created,
  preparing,    ///< Releases go to hosts; nothing that serves is touched.
  rolling_out,  ///< Instances start, traffic moves.
  paused,       ///< A person must say go (or a freeze must end): `waits_for` says which.
  baking,       ///< Promoted and watched.
  taking_back,  ///< Traffic goes back to the old release, then what came is cleaned away.
  live,         ///< Ended: the new release serves.
  taken_back,   ///< Ended: the old release serves.
  failed,       ///< Ended, and not even taking back worked everywhere: a person must look. The reason names hosts.
  lost,         ///< Ended here: another holder has the environment.
};

[[nodiscard]] bool is_end(RolloutPhase phase);
std::string_view to_string(RolloutPhase phase);

/// How one instance stands in the eyes of the rollout.
struct InstanceView {
  Instance instance;
  enum class State { starting, ready, unready, draining, stopping } state = State::starting;
  int weight = 0;      ///< As in TrafficSplit::Share.
  std::string detail;  ///< Of its last failed probe.

  friend bool operator==(const InstanceView&, const InstanceView&) = default;
};

/// What there is to show of a rollout.
struct RolloutView {
  RolloutPhase phase = RolloutPhase::created;
  int step = 0;  ///< From 1; 0 before the first.
  int steps = 0;
  std::string step_name;                ///< `25%`, `pause 2m`, `analysis`, `batch 2 of 4`, `switch`.
  std::vector<InstanceView> instances;  ///< By group, host and port.
  std::string waits_for;                ///< `a person: ci rollout continue`, `the freeze "weekend" to end`; else empty.
  std::string analysis;                 ///< The last look's summary.
  std::string reason;                   ///< Why it is taken back or failed.
  std::string log;                      ///< Last lines of the instance that failed.
  std::optional<Instant> next_at;       ///< When it goes on by itself.

  friend bool operator==(const RolloutView&, const RolloutView&) = default;
};

/// One release on its way into one environment: a pure state machine, the sibling of the engine's Run. It is told what
/// happened and answers what is to be done. A value; equal states behave alike.
///
/// Promises, whatever happens in whatever order (simulated in rollout/simulation_test.cc): at every instant as many
/// ready instances take traffic as the strategy promises; no traffic to an instance that isn't ready; after a failure
/// all traffic is on the old release, then what came is cleaned away; it ends, or waits for somebody that it names.
/// Rules: Argo Rollouts' documented behaviour (shared reference/rollouts.md) where not said otherwise.
class Rollout {
 public:
  /// `from` is the release that is live, empty where the environment has none. Nothing happens before the first
  /// Observed. An Error (Fault::user): the strategy can't work there (no free port beside the old instances, surge and
  /// unavailability both zero), in words.
  static Result<Rollout> create(RolloutSpec spec, std::string from, std::string to);

  /// Takes one event and returns what follows from it, in order. An event that doesn't fit (a pause of a rollout that
  /// has ended) is refused with a reason for the person who caused it and changes nothing.
  Result<std::vector<RolloutCommand>> apply(const RolloutEvent& event);

  [[nodiscard]] const RolloutSpec& spec() const;
  [[nodiscard]] const std::string& from() const;
  [[nodiscard]] const std::string& to() const;
  [[nodiscard]] RolloutPhase phase() const;
  [[nodiscard]] RolloutView view() const;
  /// When TimeReached is wanted next. Also of one that is `live` while blue-green's old colour stands for
  /// BlueGreen::keep_old: told Observed and TimeReached by then (by whoever holds the environment, unless another
  /// rollout began since), it stops the old colour.
  [[nodiscard]] std::optional<Instant> next_due() const;
  /// Commands without an answer yet, and the watches that are on: what a new driver carries out (again) after it has
  /// told Observed, instead of what that returned (its Says apart).
  [[nodiscard]] std::vector<RolloutCommand> outstanding() const;

  /// The whole state as one JSON text, versioned; read by any later version.
  [[nodiscard]] std::string to_json() const;
  static Result<Rollout> from_json(std::string_view text);

  friend bool operator==(const Rollout& a, const Rollout& b);

  Rollout(const Rollout&);
  Rollout& operator=(const Rollout&);
  Rollout(Rollout&&) noexcept;
  Rollout& operator=(Rollout&&) noexcept;
  ~Rollout();

 private:
  struct State;
  explicit Rollout(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace penstock
