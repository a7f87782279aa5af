#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "rollout/command.h"
#include "rollout/event.h"
#include "rollout/spec.h"

namespace penstock {

/// Stored forms, versioned: what is written here is read by every later version. A form of a later version, a member
/// that isn't known and a value that doesn't fit are refused in words (Fault::user). A Rollout's own state:
/// Rollout::to_json; a Release's: rollout/release.h.
std::string to_json(const RolloutSpec& spec);
Result<RolloutSpec> rollout_spec_from_json(std::string_view text);
std::string to_json(const RolloutEvent& event);
Result<RolloutEvent> rollout_event_from_json(std::string_view text);
std::string to_json(const RolloutCommand& command);
Result<RolloutCommand> rollout_command_from_json(std::string_view text);
/// As a user's traffic command gets it: `{"shares": [{"host": …, "port": …, "weight": …}], …}`, weights in
/// ten-thousandths.
std::string to_json(const TrafficSplit& split);
Result<TrafficSplit> traffic_split_from_json(std::string_view text);

}  // namespace penstock
