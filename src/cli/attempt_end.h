#pragma once

#include <functional>
#include <string_view>

#include "base/result.h"
#include "coordinator/dispatcher.h"

namespace penstock {

/// The end of an attempt that this process has carried out itself, without a runner. An Error is told in the job's log
/// and fails it: as `by_user` where the user can mend it.
FinishedAttempt attempt_end(int64_t id, Result<FinishedAttempt> attempt, EndReason by_user, Instant began,
                            Instant ended, const std::function<void(std::string_view)>& tell);

}  // namespace penstock
