#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "engine/event.h"

namespace penstock {

class DriverLeases;
class RunStore;

/// Leaves events for a run, all or none, and wakes its driver where one lives (true). Where none does (false), the
/// caller drives the run next, or it is due for whoever does.
Result<bool> post(RunStore& store, DriverLeases& leases, int64_t run, const std::vector<Event>& events);

}  // namespace penstock
