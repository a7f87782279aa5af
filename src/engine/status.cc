#include "engine/status.h"

#include <array>
#include <optional>
#include <string_view>

namespace penstock {
namespace {

constexpr std::array<std::string_view, 11> kNames = {"created",   "waiting_for_resource",
                                                     "pending",   "running",
                                                     "canceling", "manual",
                                                     "scheduled", "success",
                                                     "failed",    "canceled",
                                                     "skipped"};

}  // namespace

std::string_view name_of(Status status) { return kNames[static_cast<size_t>(status)]; }

std::optional<Status> status_from_name(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<Status>(i);
  return std::nullopt;
}

bool has_ended(Status status) { return status >= Status::success; }

}  // namespace penstock
