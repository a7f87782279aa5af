#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "cli/project.h"
#include "cli/run_context.h"
#include "cli/world.h"
#include "coordinator/coordinator.h"
#include "coordinator/dispatcher.h"

namespace penstock {

class BlobStore;
class Cancel;
class Runner;
struct LocalDispatcherOptions;

/// Starts the pipelines that trigger jobs ask for and drives them, each in a thread: a child is a run like any other,
/// which knows its parent. Thread-safe.
class ChildRuns {
 public:
  struct Parts {
    Project& project;
    const World& world;
    Runner& runner;
    BlobStore& blobs;
    Patience patience;
    /// How jobs are dispatched; `output` and `trigger` are put in here.
    std::function<LocalDispatcherOptions()> dispatch;
  };
  explicit ChildRuns(Parts parts);
  ~ChildRuns();  ///< Kills what it still drives.

  /// Carries out a trigger job: makes its child, or joins the one that an earlier attempt has made, and drives it to
  /// its end where the job waits for it. In the calling thread.
  FinishedAttempt carry_out(const JobSpec& spec, const Cancel& cancel,
                            const std::function<void(std::string_view)>& tell);

  /// Goes on with the children of a run that nobody waits for and nobody drives.
  Result<> adopt(int64_t run);
  /// Stops the children that no job waits for.
  void cancel_loose(bool kill);
  /// Readable where one of them has ended; for poll loops that wait until all have.
  [[nodiscard]] int fd() const;
  void take_news();
  [[nodiscard]] bool ended() const;
  /// Waits for them, and tells how they ended.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace penstock
