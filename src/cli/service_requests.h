#pragma once

#include <cstdint>

#include "base/result.h"
#include "cli/delivery_desk.h"
#include "deployments/deployments.h"

namespace penstock {

/// Asks for the rollouts of an environment's services (EnvironmentSpec::services): of what one run built. `whole` says
/// who asks, why, and for which environment of the file. `run` 0: the newest that built what the first one wants.
Result<StoredRollout> request_services(DeliveryDesk& desk, const EnvironmentsFile& file, const DeploymentRequest& whole,
                                       int64_t run);

/// The same for the release that each had before the one that all of them have now; those that had no other stay.
Result<StoredRollout> request_services_back(DeliveryDesk& desk, const EnvironmentsFile& file,
                                            const DeploymentRequest& whole);

/// What can only be done with one service at a time is refused, with the names of those that there are.
Error name_a_service(const EnvironmentSpec& spec, const std::string& what);

}  // namespace penstock
