#pragma once

#include <array>
#include <string_view>
#include <variant>

#include "engine/event.h"

namespace penstock {

/// Versions and words of the stored forms. Frozen: a name never changes its meaning, new ones are added at the end.
constexpr int kEventFormat = 1;
constexpr int kJobStateFormat = 1;
constexpr int kRunRecordFormat = 1;
constexpr int kArbiterFormat = 1;

/// In the order of the alternatives of Event::what.
constexpr std::array<std::string_view, 12> kEventNames = {
    "started",  "job_started",      "job_finished",    "job_lost",         "time_reached", "approved",
    "rejected", "cancel_requested", "retry_requested", "resource_granted", "jobs_added",   "job_parked"};
static_assert(std::variant_size_v<decltype(Event::what)> == kEventNames.size());

/// In the order of QueueMode.
constexpr std::array<std::string_view, 4> kQueueModeNames = {"unordered", "oldest_first", "newest_first",
                                                             "newest_ready_first"};

}  // namespace penstock
