#pragma once

#include <string>
#include <vector>

#include "delivery/delivery.h"
#include "deployments/deployments.h"

namespace penstock {

/// What the journal calls a rollout of ours, unlike any other.
std::string rollout_name(const DeploymentParts& parts, const RolloutRecord& record);

/// What the deliverer of a rollout that may begin (or goes on) is told.
DeliveryOrder delivery_order(const DeploymentParts& parts, const StoredRollout& rollout, const EnvironmentSpec& spec,
                             const std::vector<JournalEntry>& journal, std::vector<Release> releases);

/// The release of that id, as this machine or the environment's ledger knows it.
Result<Release> known_release(const DeploymentParts& parts, Ledger& ledger, const std::string& id);

/// Sees to it that the release holds what its wheel depends on for each kind of interpreter among the hosts. Keeps what
/// it finds with the release.
Result<Release> with_dependencies(const DeploymentParts& parts, Target& target, const EnvironmentSpec& spec,
                                  Release release);

}  // namespace penstock
