#pragma once

#include "executor_sandbox/zygote.h"

namespace penstock::sandbox {

/// The zygote's own life, in the child of the fork. Never returns.
[[noreturn]] void live_as_zygote(const ZygotePlace& place, int socket, int lock);

}  // namespace penstock::sandbox
