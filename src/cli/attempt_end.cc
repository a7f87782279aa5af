#include "cli/attempt_end.h"

#include <utility>

namespace penstock {

FinishedAttempt attempt_end(int64_t id, Result<FinishedAttempt> attempt, EndReason by_user, Instant began,
                            Instant ended, const std::function<void(std::string_view)>& tell) {
  FinishedAttempt told{id, {}};
  if (attempt.ok()) {
    told = *std::move(attempt);
  } else {
    const Error& error = attempt.error();
    tell("error: " + error.message + "\n" + (error.help.empty() ? "" : "  help: " + error.help + "\n"));
    told.result.outcome.reason = error.fault == Fault::user ? by_user : EndReason::runner_system_failure;
    told.result.outcome.detail = error.message;
  }
  told.result.started_at = began;
  told.result.ended_at = ended;
  return told;
}

}  // namespace penstock
