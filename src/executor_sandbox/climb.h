#pragma once

#include <optional>
#include <string>

#include "executor_sandbox/rung.h"

namespace penstock::sandbox {

/// Brings this single-threaded process to the highest rung on which it can really mount an overlay, trying below the
/// folder `rooms` (relative to the working directory, whose file system will carry the layers); or to the forced one,
/// or the next lower that works. On the upper rungs the process has then a mount namespace of its own, into which later
/// mounts of the machine still come.
ProbeReport climb(const std::string& rooms, std::optional<Rung> forced);

}  // namespace penstock::sandbox
