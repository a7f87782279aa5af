#pragma once

#include <vector>

#include "base/result.h"
#include "rollout/spec.h"
#include "rollout/state.h"

namespace penstock::machine {

/// What a strategy promises at every instant, of the `RolloutSpec::instances` wanted.
struct Promise {
  int surge = 0;           ///< More than wanted, at most.
  int unavailable = 0;     ///< Fewer than wanted that serve, at most.
  bool exclusive = false;  ///< Never two releases at a time.
};
Promise promise_of(const RolloutSpec& spec);

/// How many instances each host carries when `wanted` are spread evenly, in the order of RolloutSpec::hosts.
std::vector<int> spread(const RolloutSpec& spec, int wanted);

/// The strategy as steps, or why it can't work there.
Result<std::vector<RolloutStep>> steps_of(const RolloutSpec& spec);

}  // namespace penstock::machine
