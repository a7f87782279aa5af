#include "rollout/group_name.h"

#include <algorithm>

#include "rollout/json_fields.h"

namespace penstock {
namespace {

constexpr const auto& kNames = archive::Words<InstanceGroup>::names;

}  // namespace

std::string_view to_string(InstanceGroup group) { return kNames[static_cast<size_t>(group)]; }

std::optional<InstanceGroup> group_named(std::string_view name) {
  const auto* const found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<InstanceGroup>(found - kNames.begin());
}

}  // namespace penstock
