#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "executor_sandbox/room_plan.h"
#include "executor_sandbox/rung.h"

namespace penstock::sandbox {

/// Mounts an overlay. Paths may be relative to the working directory. Its syncs are left out where the kernel can: what
/// a job leaves in its folder is thrown away anyway, and a sync costs more than all the rest of a room. Returns an
/// errno, or 0.
int mount_overlay(const std::vector<std::string>& lower, const std::string& upper, const std::string& work,
                  const std::string& at, Rung rung);

/// Furnishes a room in its own mount namespace, a copy of the zygote's: shows the overlay (and what is mounted in it)
/// at the project's place, and sets up all else that the plan asks for.
Result<> furnish(const RoomPlan& plan, const std::string& overlay);

/// Gives a new PID namespace its /proc. False where the machine forbids that (as containers do in a user namespace):
/// then the outer one stays.
bool mount_own_proc();

/// Brings up `lo` in a new network namespace.
Result<> raise_loopback();

/// Shows `bind.source` at `bind.target`, which is made where it is missing.
Result<> mount_bind(const Bind& bind);

}  // namespace penstock::sandbox
