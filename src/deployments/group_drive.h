#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "coordinator/waiter.h"
#include "deployments/call_queue.h"
#include "deployments/deployments.h"
#include "deployments/service_drive.h"
#include "environments/compile.h"
#include "rollout/release_group.h"
#include "store/driver_lease.h"

namespace penstock {

/// One call of Deployments::drive for a release of several services: brings their rollouts to their ends, each when
/// those it comes after are live, side by side where there is no order between them, and those that are live back in
/// the opposite order where one fails. Its own state is a ReleaseGroup; which rollout is whose says
/// RolloutFacts::group.
struct Deployments::GroupDrive {
  GroupDrive(Deployments& owner, Waiter& a_waiter, RolloutObserver& an_observer, bool may_stay)
      : deployments(owner), parts(owner.parts_), waiter(a_waiter), observer(an_observer), stay(may_stay) {}

  Result<DeploymentEnd> run(int64_t rollout);
  /// After a run that parked it, whether nothing has come meanwhile that its services wait for: who approved until then
  /// has left it to us.
  Result<bool> still_waits();
  /// A wish for all of them: those that are under way hear it, an abort ends the rest too.
  void wish(const rollout_event::Steered& steered);
  void leave();

  using Command = ReleaseGroup::Command;
  /// A service that could not be brought further for now.
  struct Resting {
    Command::What wanted = Command::What::begin;
    Result<DeploymentEnd> end;
    RolloutSummary summary;
    int64_t rollout = 0;
  };

  Result<> load();
  Result<DeploymentEnd> bring();
  /// Takes up what other processes have left.
  Result<> hear();
  void try_all_again();
  /// Puts what the group wants and isn't under way under way. True: something ended by that, so that it wants more.
  Result<bool> begin_outstanding();
  Result<bool> begin(const Command& command);
  /// Takes note of those that have ended, or can't be brought further.
  Result<> collect();
  void settle();
  [[nodiscard]] rollout_event::Steered abort_wish() const;
  /// Until a service that rests is worth another try by itself; those that are get it.
  std::optional<Instant> next_try();
  /// The service's rollout of this group.
  Result<std::optional<RolloutRecord>> rollout_of(const std::string& service, RolloutFacts::Kind kind);
  /// The rollout that takes it back, made where there is none; nothing where there is no way back, or no need.
  Result<std::optional<RolloutRecord>> way_back(const std::string& service);
  Result<> ended(const std::string& service, RolloutPhase phase, const std::string& line, bool was_told = false);
  Result<DeploymentEnd> rest();
  Result<DeploymentEnd> finish();
  Result<> end_skipped();
  Result<> show_waits();
  Result<> commit(const std::string& line, bool was_told = false);
  [[nodiscard]] std::string environment_of(const std::string& service) const {
    return service_environment(spec.name, service);
  }

  Deployments& deployments;
  const DeploymentParts& parts;
  Waiter& waiter;
  RolloutObserver& observer;
  const bool stay;
  StoredRollout stored;
  EnvironmentSpec spec;
  std::optional<ReleaseGroup> group;
  std::optional<rollout_event::Steered> aborted;
  bool look_into_inbox = true;
  std::vector<int64_t> heard;                 ///< Of the inbox.
  std::vector<rollout_event::Steered> early;  ///< Wishes that came before anything was under way.
  CallQueue calls;
  std::map<std::string, std::unique_ptr<ServiceDrive>> under_way;  ///< By service.
  std::map<std::string, Resting> resting;
  std::set<std::string> again;  ///< Services under way that get another try where they come to rest.
};

}  // namespace penstock
