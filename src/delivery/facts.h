#pragma once

#include <string>

#include "delivery/delivery.h"
#include "os/environment.h"

namespace penstock {

/// The release of that id; nothing where the order doesn't hold it.
const Release* release_of(const DeliveryOrder& order, const std::string& id);

/// What a hook or a metric's command is told: the order's variables, and PENSTOCK_ENVIRONMENT, _URL, _ROLLOUT,
/// _RELEASE, _RELEASE_NAME, _VERSION, _COMMIT and _PREVIOUS_RELEASE, _PREVIOUS_RELEASE_NAME (empty where nothing was
/// live).
os::Environment rollout_facts(const DeliveryOrder& order);

}  // namespace penstock
