#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/words.h"
#include "engine/command.h"
#include "engine/event.h"
#include "engine/run.h"
#include "engine/tally.h"
#include "plan/plan.h"

namespace penstock {

/// The inside of a Run. What can be derived from the jobs' states (counts, queues) is kept up to date by `move` alone,
/// so that an event costs what it changes: each job knows how its needs stand, each stage how its jobs stand.
struct Run::State {
  /// How far a job is with its resource group.
  enum class Claim : uint8_t { none, announced, requested };

  struct Slot {
    const Job* job = nullptr;
    size_t stage = 0;
    JobState state;
    Bucket bucket = Bucket::created;
    Standings needs;                 // how the jobs that it needs stand
    std::vector<size_t> dependents;  // jobs that need it
    Claim claim = Claim::none;
    bool changed = false;
  };

  struct Stage {
    std::string_view name;
    Tally tally;
    Standings standings;
    std::vector<size_t> jobs;
    std::vector<size_t> in_order;  // those without `needs`: they wait for all earlier stages
    Status status = Status::created;
    bool touched = false;
  };

  enum class Verdict { wait, run, skip };
  static constexpr size_t kNowhere = SIZE_MAX;

  State(std::shared_ptr<const Plan> run_plan, RunOptions run_options);

  // run_state.cc: the books.
  void add_stage(std::string_view name);
  void add_jobs(const std::vector<Job>& jobs);
  void set(size_t i, JobState state);
  void move(size_t i, Status to, bool warning = false);
  void claim(size_t i, Claim wanted);
  [[nodiscard]] Claim claim_for(const Slot& slot) const;
  void book(size_t i, Bucket before, Bucket after);
  void leave_queue(size_t i);
  void enter_queue(size_t i);
  void touch(size_t i);
  void update_statuses();

  // run_schedule.cc: what follows from how earlier jobs stand.
  [[nodiscard]] Standings earlier(size_t i) const;
  [[nodiscard]] Standings before_stage(size_t stage) const;
  [[nodiscard]] Verdict decide(const Job& job, const Standings& standings) const;
  void consider(size_t i);
  void skip(size_t i, const std::string& why);
  void make_ready(size_t i);
  void enqueue(size_t i);
  void settle();
  void walk_stages();
  void reset_dependents(const std::vector<size_t>& roots);
  void reset(size_t i);

  // run_events.cc: one function an event.
  Result<> handle(const event::Started& event);
  Result<> handle(const event::JobStarted& event);
  Result<> handle(const event::JobFinished& event);
  Result<> handle(const event::JobLost& event);
  Result<> handle(const event::JobParked& event);
  Result<> handle(const event::TimeReached& event);
  Result<> handle(const event::Approved& event);
  Result<> handle(const event::Rejected& event);
  Result<> handle(const event::CancelRequested& event);
  Result<> handle(const event::RetryRequested& event);
  Result<> handle(const event::ResourceGranted& event);
  [[nodiscard]] Result<> check_added(const event::JobsAdded& event) const;
  Result<> handle(const event::JobsAdded& event);
  [[nodiscard]] Result<size_t> find(const std::string& name) const;
  void finish(size_t i, JobOutcome outcome);
  void cancel(size_t i, const std::string& why);
  void cancel_all(const std::string& why);
  void go_again(size_t i, const std::string& why);
  void retry_job(size_t i, const Actor& by);
  Result<> retry_run(const Actor& by);

  // run_words.cc: reasons for people.
  [[nodiscard]] std::string why_run(size_t i) const;
  [[nodiscard]] std::string why_skip(const Job& job) const;
  [[nodiscard]] std::string why_skip_stage(Condition condition, size_t stage) const;
  [[nodiscard]] std::vector<size_t> needed(const Job& job) const;
  [[nodiscard]] std::optional<size_t> first_standing(const std::vector<size_t>& jobs, Standing standing) const;
  [[nodiscard]] std::string in_words(size_t i) const;

  // What it is about.
  std::shared_ptr<const Plan> plan;
  RunOptions options;
  std::vector<std::shared_ptr<const event::JobsAdded>> added;
  std::unordered_map<std::string_view, size_t> job_index;  // names in `plan` and `added`, which never change
  std::unordered_map<std::string_view, size_t> stage_index;

  // Where it stands.
  RunRecord record;
  std::vector<Slot> slots;
  std::vector<Stage> stages;

  // Derived from the slots.
  Tally tally;
  std::set<std::pair<Instant, size_t>> pending;    // by the time since when
  std::set<std::pair<Instant, size_t>> scheduled;  // by the time when due
  std::set<size_t> manual;
  std::set<size_t> open_stages;      // with a job that later stages wait for
  std::set<size_t> failed_stages;    // with a job that failed and may not
  std::set<size_t> canceled_stages;  // likewise

  // Of the event that is being applied.
  Instant now{};
  std::vector<Command> commands;
  std::vector<size_t> to_consider;  // jobs with `needs`, one of which changed its standing
  size_t walk_from = kNowhere;      // the first stage whose jobs without `needs` may be ready
  std::vector<size_t> touched_stages;
  bool anything_changed = false;

  std::vector<size_t> changed;  // since take_changed()
};

/// `was skipped`, `is running`, `failed, which is allowed`: continues a sentence that begins with the job's name.
std::string_view predicate_of(Status status, bool warning);

}  // namespace penstock
