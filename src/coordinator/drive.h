#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "coordinator/coordinator.h"
#include "coordinator/dispatcher.h"
#include "coordinator/outputs.h"
#include "coordinator/resource_desk.h"
#include "store/driver_lease.h"
#include "store/run_store.h"

namespace penstock {

/// What the person at the keyboard wants of the run that is driven.
struct Steering {
  bool cancel = false;
  bool kill = false;
  bool leave = false;
  Actor by;
  bool awaits_time = false;  ///< Kept by the Drive: it sleeps, the run is parked, and only a time is waited for.
};

/// One run, driven under its lease until there is nothing to do.
class Drive {
 public:
  Drive(const CoordinatorParts& parts, Steering& steering, StoredRun run, DriverLease& lease, Patience patience);
  ~Drive();

  Result<DriveEnd> run();

 private:
  /// A transition in the making, and what is to be done once it is durable.
  struct Step {
    Transition transition;
    std::vector<Command> commands;
    std::vector<std::string> notices;
    std::vector<FinishedAttempt> finished;  ///< Parallel to transition.ended.
  };
  struct Running {
    size_t job = 0;
    int attempt = 0;
    std::vector<Digest> inputs;
  };

  Result<DriveEnd> loop();
  Result<> recover(Step& step);
  Result<> recover_job(Step& step, size_t job, std::vector<int64_t>& lost);
  void claim_again(size_t job, Status status);
  [[nodiscard]] Step new_step() const;
  Result<bool> next_step(Step& step);

  // What may have happened, each put into the step.
  void apply_steering(Step& step);
  void apply_finished(Step& step);
  Result<> apply_inbox(Step& step);
  void apply_posted(Step& step, const Posted& posted);
  void apply_time(Step& step);
  void fill_slots(Step& step);
  bool apply(Step& step, Event event);
  void park(Step& step, size_t job, int attempt, const std::string& why);
  void tell_parent(Step& step) const;
  Result<std::vector<JobOutput>> from_family(const Job& job, std::string& unmet) const;
  void record_deployment(Step& step, const Running& running, const JobResult& result);

  Result<> settle(Step& step);
  [[nodiscard]] Promise promise_of(const Step& step) const;
  Result<Committed> commit(Step& step);
  void tell(const Step& step);
  Result<> act(const Step& step, const std::vector<int64_t>& attempt_ids);
  Result<> start(const command::StartJob& command, int64_t attempt_id);
  void stop(const command::CancelJob& command);

  [[nodiscard]] std::optional<DriveEnd> end_now() const;
  [[nodiscard]] bool is_patient() const;
  Result<> sleep();
  void abandon();

  const CoordinatorParts& parts_;
  Steering& steering_;
  DriverLease& lease_;
  RunHeader header_;
  Run run_;
  RunOutputs outputs_;
  ResourceDesk desk_;
  Patience patience_;

  std::map<int64_t, Running> running_;  // attempts that the dispatcher has, by id
  std::set<size_t> waiting_;            // jobs that wait for their resource group
  std::set<size_t> told_early_;         // what they watch has ended, and they haven't let go of it yet
  std::set<size_t> ungranted_;          // pending, but their claim was dropped while nobody drove the run
  bool look_into_inbox_ = true;
  bool look_at_claims_ = true;
  bool waits_in_vain_ = false;  // for resources, by its patience: nobody drives the runs that stand before it
  bool cancel_told_ = false;
  bool kill_told_ = false;
};

}  // namespace penstock
