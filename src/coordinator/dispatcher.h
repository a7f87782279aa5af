#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "protocol/job_result.h"
#include "protocol/job_spec.h"

namespace penstock {

/// The end of an attempt, as the one who carried it out tells it.
struct FinishedAttempt {
  int64_t id = 0;  ///< JobSpec::id.
  JobResult result;
  /// Not empty: it has let go, and why: what it watches waits for something (event::JobParked).
  std::string parked = {};
};

/// Where attempts are carried out: threads of this process, or runners elsewhere. All calls come from the coordinator's
/// thread and return at once.
class Dispatcher {
 public:
  enum class Stop { graceful, kill };

  virtual ~Dispatcher() = default;

  /// How many more attempts can begin now. The coordinator starts no more than that.
  [[nodiscard]] virtual int free_slots() const = 0;
  /// Begins an attempt. Whatever becomes of it is told by `take_finished`, once.
  virtual void start(JobSpec spec) = 0;
  /// Asks an attempt to stop; it still ends by `take_finished`. One that is unknown or has ended is left alone.
  virtual void stop(int64_t id, Stop how) = 0;
  /// Attempts that have ended since the last call.
  virtual std::vector<FinishedAttempt> take_finished() = 0;
  /// Readable when `take_finished` has something. -1 where there is nothing to poll (fakes).
  [[nodiscard]] virtual int fd() const = 0;
  /// What ended attempts have kept (artifacts, caches) survives a loss of power from now on. Called before a power-safe
  /// transition; cheap where nothing was kept.
  virtual Result<> sync_kept() = 0;
  /// Nothing will be started for a while: what is held ready for it may go.
  virtual void rest() {}
  /// Called before a run goes on whose driver has died: removes what that one left behind (processes, mounts, folders
  /// of these attempts).
  virtual Result<> sweep(int64_t run, const std::vector<int64_t>& attempt_ids) = 0;
};

}  // namespace penstock
