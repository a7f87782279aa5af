#pragma once

#include <vector>

#include "base/result.h"
#include "rollout/command.h"
#include "rollout/event.h"

namespace penstock {

/// Carries out what a rollout wants, many hosts at a time. The sibling of the coordinator's Dispatcher: all calls come
/// from the driver's thread and return at once, what becomes of them is told by `take_events`.
class Deliverer {
 public:
  virtual ~Deliverer() = default;  ///< Lets the environment go; waits for what runs.

  /// Takes the environment's lease and looks at what stands at the target; answered by one Observed, by LeaseLost where
  /// somebody else holds it (nothing was touched; it may be asked again), or by Failed with command 0.
  virtual void observe() = 0;
  virtual void act(const RolloutCommand& command) = 0;
  /// What has happened since the last call: answers, probes, a lost lease.
  virtual std::vector<RolloutEvent> take_events() = 0;
  /// Readable when `take_events` has something. -1 where there is nothing to poll (fakes).
  [[nodiscard]] virtual int fd() const = 0;
};

}  // namespace penstock
