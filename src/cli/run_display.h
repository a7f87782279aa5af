#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/job_lines.h"
#include "cli/live_printer.h"
#include "cli/output.h"
#include "cli/run_model.h"
#include "coordinator/observer.h"
#include "store/records.h"

namespace penstock {

namespace os {
class Clock;
}

/// Shows a run on standard error while it is driven: in place on a terminal, as plain lines elsewhere. Remembers the
/// results for the end.
class RunDisplay : public Observer {
 public:
  struct Parts {
    const Outputs& outputs;
    const os::Clock& clock;
    size_t slots = 0;
    std::map<std::string, Duration> earlier;                   ///< By job name, from an earlier run.
    std::function<std::string(int64_t attempt_id)> last_line;  ///< Of a job that runs.
    std::string prefix = {};                                   ///< Before each job's name: a child's trigger job.
    /// What jobs wait for outside of their run, as JobWaits::of; may be empty.
    std::function<std::map<size_t, std::string>(int64_t id, const Run& run)> waits = {};
  };

  static std::unique_ptr<RunDisplay> make(Parts parts);

  /// What a job prints; from the jobs' threads.
  virtual void output(int64_t attempt_id, std::string_view piece) = 0;
  /// Draws what changed since, tells of waits; called a few times a second while the loop waits.
  virtual void tick() {}
  /// The terminal's size changed.
  virtual void resized() {}
  /// Gives the terminal to somebody else: nothing is drawn until `resume`. From any thread.
  virtual void suspend() {}
  virtual void resume() {}
  /// Ends the display; what was shown in place goes.
  virtual void finish() {}

  /// How `last_line` is set once the dispatcher is there.
  void ask_last_lines(std::function<std::string(int64_t)> last_line) { parts_.last_line = std::move(last_line); }
  [[nodiscard]] const JobResults& results() const { return results_; }
  void know_results(JobResults results) { results_ = std::move(results); }

 protected:
  explicit RunDisplay(Parts parts) : parts_(std::move(parts)) {}

  /// The waits to tell of that weren't told before, as lines: `migrate   waits for its turn: …`.
  std::vector<std::string> new_waits(int64_t id, const Run& run, std::map<size_t, std::string>& waits);

  Parts parts_;
  JobResults results_;

 private:
  std::map<size_t, std::string> told_waits_;
  bool told_slots_ = false;
};

}  // namespace penstock
