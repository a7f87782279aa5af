#pragma once

#include <string>

#include "rollout/rollout.h"
#include "rollout/spec.h"
#include "rollout/testing/world.h"

namespace penstock::testing {

Strategy random_strategy(Chance& chance, bool steers);

/// An environment made up by chance: hosts, ports, a strategy with quick waits. Not every one can work.
RolloutSpec random_rollout_spec(Chance& chance);

/// One that can work, from `old` (or from nothing) to `new`.
struct RandomSetting {
  RolloutSpec spec;
  std::string from;
  Rollout rollout;
};
RandomSetting random_setting(Chance& chance);

Mischief random_mischief(Chance& chance);

}  // namespace penstock::testing
