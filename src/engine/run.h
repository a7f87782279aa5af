#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "engine/command.h"
#include "engine/event.h"
#include "engine/status.h"
#include "plan/plan.h"

namespace penstock {

/// Where one job of a run stands. Plain data; stored as one JSON record a job (engine/json.h), rewritten only when it
/// changed.
struct JobState {
  Status status = Status::created;
  int attempt = 0;  ///< The attempt that runs or ran last, from 1; 0 before the first.
  bool warning =
      false;  ///< Failed or was cancelled, but that is allowed: counts as passed, shown as "passed with warnings".
  std::optional<JobOutcome> outcome;  ///< Of the last attempt that ended.
  std::optional<Instant> ready_at;    ///< When it became pending, manual or scheduled.
  std::optional<Instant> started_at;
  std::optional<Instant> ended_at;
  std::optional<Instant> due_at;  ///< Of a delayed job.
  std::optional<Actor> opened_by;
  std::string message;        ///< Of who opened or refused the gate.
  int automatic_retries = 0;  ///< Since a person last started it.
  int losses = 0;             ///< How often a driver died under it since then.
  std::string why;            ///< Why it is where it is, for `ci why`: "skipped: `build` failed", "waits for `test`".

  friend bool operator==(const JobState&, const JobState&) = default;
};

/// What of a run is not in its jobs: stored beside them, and needed because a status depends on what it was before (a
/// run that goes on after its end is running, one that was never running is pending).
struct RunRecord {
  bool started = false;
  Status status = Status::created;
  std::map<std::string, Status> stages;  ///< Those whose status is not what their jobs alone say.

  friend bool operator==(const RunRecord&, const RunRecord&) = default;
};

struct RunOptions {
  bool keep_going =
      false;  ///< A failure blocks only the jobs that `need` the failed one, not later stages. The run still fails.

  friend bool operator==(const RunOptions&, const RunOptions&) = default;
};

/// One run of a plan: a pure state machine. It is told what happened and answers what is to be done; it knows no clock,
/// file, thread or database. A value: copies are independent, equal states behave alike. An event costs time in what it
/// changes, not in the plan's size (a chain of 10,000 jobs is driven in linear time).
///
/// Rules: GitLab's pipeline processing (reference/gitlab.md, doc/ci/yaml, and the cases of corpus/gitlab/processing). A
/// job without `needs` looks at all earlier stages, one with `needs` at those jobs only; see docs/engine.md for each
/// rule in words.
class Run {
 public:
  /// The plan must pass `check`. Nothing happens before event::Started.
  Run(std::shared_ptr<const Plan> plan, RunOptions options);

  /// Takes one event and returns what follows from it, in order. An event that doesn't fit (approving a job that isn't
  /// manual, the end of an attempt that isn't running) is refused with a reason for the person who caused it and
  /// changes nothing.
  Result<std::vector<Command>> apply(const Event& event);

  [[nodiscard]] const Plan& plan() const;
  [[nodiscard]] const RunOptions& options() const;

  /// Jobs by index, in the plan's order; added jobs follow.
  [[nodiscard]] size_t size() const;
  [[nodiscard]] const Job& job(size_t index) const;
  [[nodiscard]] const JobState& state(size_t index) const;
  [[nodiscard]] std::optional<size_t> index_of(std::string_view name) const;

  [[nodiscard]] Status status() const;
  /// Some job failed or was cancelled where that is allowed.
  [[nodiscard]] bool has_warnings() const;
  [[nodiscard]] Status stage_status(std::string_view stage) const;

  /// Indices of jobs that may start now, oldest first; no more than `at_most` of them.
  [[nodiscard]] std::vector<size_t> pending(size_t at_most = SIZE_MAX) const;
  [[nodiscard]] size_t running() const;  ///< How many run or are being cancelled.
  /// Manual jobs that wait for a person. `blocking`: only those that hold the run up.
  [[nodiscard]] std::vector<size_t> manual(bool blocking) const;
  /// When the next delayed job is due.
  [[nodiscard]] std::optional<Instant> next_due() const;
  /// Nothing can happen any more without a person, a later time or another run.
  [[nodiscard]] bool is_parked() const;

  /// Why the job is where it is, in words with names and values, one line a reason: what `ci why` prints below its
  /// headline.
  [[nodiscard]] std::vector<std::string> explain(size_t index) const;

  /// Indices of the jobs whose state changed since this was last asked: what a transition must write.
  std::vector<size_t> take_changed();

  [[nodiscard]] const RunRecord& record() const;
  /// The jobs that were added, in the order of their events.
  [[nodiscard]] std::vector<event::JobsAdded> added() const;

  /// The run as the store has it: plan, options, jobs that were added, its own record, and each job's state in the
  /// order of `job(index)`.
  static Result<Run> restore(std::shared_ptr<const Plan> plan, RunOptions options, std::vector<event::JobsAdded> added,
                             RunRecord record, std::vector<JobState> states);

  friend bool operator==(const Run& a, const Run& b);

  Run(const Run&);
  Run& operator=(const Run&);
  Run(Run&&) noexcept;
  Run& operator=(Run&&) noexcept;
  ~Run();

 private:
  struct State;
  struct Explanation;
  std::unique_ptr<State> state_;
};

}  // namespace penstock
