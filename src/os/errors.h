#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace penstock::os {

/// The Error of a system call that failed with `number` (an errno): `what` says what was tried, as in "can't open
/// /x/y". The message ends in the system's own words; `help` is filled where there is a usual way out (no space, no
/// permission, too many open files).
Error system_error(std::string_view what, int number);

}  // namespace penstock::os
