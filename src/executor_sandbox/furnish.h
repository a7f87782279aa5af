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

/// Covers the project with the job's copy, in this process's mount namespace, and sets up all else that the plan asks
/// for. `folder` is the room's own, with `upper` and `work` in it.
Result<> furnish(const RoomPlan& plan, Rung rung, const std::string& folder);

/// Gives a new PID namespace its /proc. False where the machine forbids that (as containers do in a user namespace):
/// then the outer one stays.
bool mount_own_proc();

/// Brings up `lo` in a new network namespace.
Result<> raise_loopback();

/// Shows `bind.source` at `bind.target`, which is made where it is missing. The source is a descriptor's number.
Result<> mount_bind(int source, const Bind& bind);

}  // namespace penstock::sandbox
