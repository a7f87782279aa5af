#include "runner/runner.h"

#include <exception>
#include <string>

#include "os/clock.h"
#include "runner/attempt.h"

namespace penstock {

Runner::Runner(Executor& executor, BlobStore& blobs, const os::Clock& clock)
    : executor_(executor), blobs_(blobs), clock_(clock) {}

JobResult Runner::run(const JobSpec& spec, JobSource& source, JobSink& sink, const Cancel& cancel) {
  const Instant started = clock_.now();
  JobResult broken;
  try {
    return Attempt({executor_, blobs_, clock_, source, sink, cancel}, spec).run();
  } catch (const std::exception& exception) {
    // Out of memory, or a bug. Its words may hold anything, so they stay here.
    broken.outcome.detail = "this is a bug in ci, or it ran out of memory itself";
  }
  broken.outcome.reason = EndReason::runner_system_failure;
  broken.started_at = started;
  broken.ended_at = clock_.now();
  return broken;
}

Result<PreparedJob> Runner::prepare(const JobSpec& spec, JobSource& source, JobSink& sink, const Cancel& cancel) {
  try {
    return Attempt({executor_, blobs_, clock_, source, sink, cancel}, spec).prepare();
  } catch (const std::exception& exception) {
    return Error{Fault::internal, "the job's room could not be prepared", ""};
  }
}

std::string Runner::room_name(int64_t attempt_id) { return std::to_string(attempt_id); }

}  // namespace penstock
