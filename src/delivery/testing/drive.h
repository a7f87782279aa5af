#pragma once

#include "os/clock.h"
#include "rollout/deliverer.h"
#include "rollout/rollout.h"

namespace penstock {

/// Drives a rollout to its end (or until it waits for a person) as a coordinator does, without storing anything.
/// Answers what it said on the way.
std::vector<std::string> drive(Rollout& rollout, Deliverer& deliverer, const os::Clock& clock);

}  // namespace penstock
