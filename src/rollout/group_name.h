#pragma once

#include <optional>
#include <string_view>

#include "rollout/instance.h"

namespace penstock {

/// `stable`, `incoming`, `baseline`.
std::string_view to_string(InstanceGroup group);
std::optional<InstanceGroup> group_named(std::string_view name);

}  // namespace penstock
