#pragma once

#include <string>

#include "executor_sandbox/rung.h"

namespace penstock::sandbox {

/// What was tried last and its errno; 0 when all went well.
struct Trial {
  std::string step;
  int error = 0;
};

/// Brings this single-threaded process to a rung: on the upper ones it has then a mount namespace of its own, into
/// which later mounts of the machine still come. Whether it can mount an overlay there only shows when it does:
/// Ubuntu 24.04 lets a user namespace be made, and then refuses the mount. A process that failed halfway is in no state
/// to go on.
Trial enter_rung(Rung rung);

}  // namespace penstock::sandbox
