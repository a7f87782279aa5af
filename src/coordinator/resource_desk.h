#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/arbiter.h"
#include "engine/command.h"
#include "os/unique_fd.h"
#include "plan/plan.h"
#include "store/run_store.h"

namespace penstock {

class DriverLeases;
class Waiter;

/// One run's dealings with the project's arbiter. A grant is an event in the inbox of the run that gets it, this one
/// included: the arbiter's answer never changes the run within the transition that asked, so that a transition can be
/// prepared again when another process was quicker.
class ResourceDesk {
 public:
  ResourceDesk(RunStore& store, DriverLeases& leases, Waiter& waiter, int64_t run);
  ~ResourceDesk();

  /// A job of the run: the mode that it wants its group to have is set before the group is asked for.
  void learn(const Job& job);
  /// Notes what a command asks of the arbiter; others are none of its business.
  void note(const Command& command);
  /// The run goes on after nobody drove it, when its claims may have been dropped: makes them again. The answer to
  /// `claim` is a grant, also where the job has the group still.
  void claim(const std::string& job, const std::string& group);
  void announce(const std::string& job, const std::string& group);

  [[nodiscard]] bool has_work() const { return !noted_.empty(); }
  /// Puts what the arbiter makes of all that was noted into the transition. Called again where the arbiter moved.
  Result<> prepare(Transition& transition);
  /// The transition is durable: wakes the runs that it concerns. True where this run has got a grant.
  bool committed(const Transition& transition);

  /// The run is about to wait for these groups. Claims of runs whose driver died are dropped (true: look into the
  /// inbox), and of the others the drivers are watched: `woken` is called when one of them is gone.
  Result<bool> wait_for(const std::set<std::string>& groups, const std::function<void()>& woken);
  /// Whether somebody drives one of the runs that hold these groups or have their turn before others, as `wait_for` has
  /// seen them.
  Result<bool> anybody_before(const std::set<std::string>& groups);

 private:
  [[nodiscard]] std::vector<ArbiterEvent> mode_changes() const;
  Result<std::set<int64_t>> dead_runs(const std::set<int64_t>& runs, const std::function<void()>& woken);
  void forget_watches();
  [[nodiscard]] std::set<int64_t> others_in(const std::set<std::string>& groups) const;

  RunStore& store_;
  DriverLeases& leases_;
  Waiter& waiter_;
  int64_t run_;
  std::map<std::string, QueueMode> modes_;  // of groups, where the pipeline says one
  std::vector<ArbiterEvent> noted_;
  std::set<std::string> touched_;  // groups whose queues the noted events change
  std::set<int64_t> concerned_;    // runs that stand in them
  ArbiterState state_;
  std::map<int64_t, os::UniqueFd> watched_;
};

}  // namespace penstock
