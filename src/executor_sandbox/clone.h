#pragma once

#include <sys/types.h>

#include "executor_sandbox/rung.h"

namespace penstock::sandbox {

/// Clones this single-threaded process into a room's namespaces: mount, PID, IPC, and network where the room has none
/// of the machine's; on the lowest rung none. The child dies with this process. Returns as fork does.
pid_t clone_room(Rung rung, bool network);

/// Clones it as it is.
pid_t clone_plain();

/// Closes all descriptors but one and the standard streams, and returns its new number.
int keep_one_descriptor(int fd);
/// The same for two; the standard streams then lead to /dev/null.
void keep_two_descriptors(int& first, int& second);

}  // namespace penstock::sandbox
