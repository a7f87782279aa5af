#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/actor.h"
#include "base/time.h"
#include "base/verdict.h"
#include "rollout/instance.h"

namespace penstock {

/// What can happen to a rollout. Each is stored (rollout/json.h) before anybody acts on what follows from it.
namespace rollout_event {

/// It begins, or a new driver took it over: what really stands at the target. The first of these starts the rollout,
/// each later one makes it compare what it believes with what is there.
struct Observed {
  struct Standing {
    Instance instance;
    bool running = false;
    int weight = 0;  ///< As in TrafficSplit::Share.
    friend bool operator==(const Standing&, const Standing&) = default;
  };
  std::vector<Standing> standing;
  friend bool operator==(const Observed&, const Observed&) = default;
};
/// A command was carried out. One that was carried out twice (after a crash) is told twice at most; the second is
/// ignored.
struct Done {
  int64_t command = 0;
  friend bool operator==(const Done&, const Done&) = default;
};
/// A command could not be carried out. `reason` is for a person and names the host.
struct Failed {
  int64_t command = 0;
  std::string reason;
  std::string log;  ///< The instance's last lines, where there are some.
  friend bool operator==(const Failed&, const Failed&) = default;
};
/// The outcome of a probe of a watched instance. Told is what can change a mind: each failure (on the beat of the
/// health policy), as many successes in a row as make it ready, and of the further ones each tenth.
struct Probed {
  InstanceAddress address;
  bool ok = false;
  std::string detail;  ///< `GET /healthz: 503`, `connection refused`.
  std::string log;     ///< The instance's last lines, where the probe failed and there are some.
  friend bool operator==(const Probed&, const Probed&) = default;
};
/// The answer to command Measure.
struct Measured {
  int64_t command = 0;
  Verdict verdict = Verdict::inconclusive;
  std::string summary;   ///< `errors 0.21% against 0.19%: no difference (p 0.62, n 118/1140)`.
  std::string evidence;  ///< Digest (hex) of the blob that holds what was judged, for `ci analysis replay`.
  friend bool operator==(const Measured&, const Measured&) = default;
};
/// The clock.
struct TimeReached {
  friend bool operator==(const TimeReached&, const TimeReached&) = default;
};
/// A freeze window began, or (without a name and an end) the one that held has ended.
struct Freeze {
  std::optional<Instant> until;  ///< When it ends by itself; nothing: that is not known.
  std::string name;
  friend bool operator==(const Freeze&, const Freeze&) = default;
};
/// A person: `ci rollout pause|continue|promote|abort`.
struct Steered {
  enum class What { pause, go_on, promote, abort };
  What what = What::pause;
  Actor by;
  std::string message;
  friend bool operator==(const Steered&, const Steered&) = default;
};
/// Somebody else holds the environment now: nothing may be touched any more.
struct LeaseLost {
  std::string holder;
  friend bool operator==(const LeaseLost&, const LeaseLost&) = default;
};

}  // namespace rollout_event

struct RolloutEvent {
  Instant at;
  std::variant<rollout_event::Observed, rollout_event::Done, rollout_event::Failed, rollout_event::Probed,
               rollout_event::Measured, rollout_event::TimeReached, rollout_event::Freeze, rollout_event::Steered,
               rollout_event::LeaseLost>
      what;
  friend bool operator==(const RolloutEvent&, const RolloutEvent&) = default;
};

}  // namespace penstock
