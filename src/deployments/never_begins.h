#pragma once

#include <string>
#include <string_view>

#include "deployments/deployments.h"
#include "environments/gate.h"

namespace penstock {

/// Ends a rollout that hasn't begun, as `superseded`, `refused`, `skipped` or `failed`; how it stands then. For who
/// holds its driver's lease.
Result<RolloutSummary> end_before_it_began(const DeploymentParts& parts, const StoredRollout& rollout,
                                           std::string_view phase, std::string reason);

/// The same for one that its gate won't let pass any more.
Result<RolloutSummary> end_at_gate(const DeploymentParts& parts, const StoredRollout& rollout,
                                   const GateAnswer& answer);

/// Whether it will never pass.
bool is_final(const GateAnswer& answer);

/// Somebody's wish that a rollout which hasn't begun never does, as the gate's answer.
std::optional<GateAnswer> answer_to(const rollout_event::Steered& wish);

}  // namespace penstock
