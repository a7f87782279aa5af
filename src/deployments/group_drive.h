#pragma once

#include <optional>
#include <string>
#include <vector>

#include "coordinator/waiter.h"
#include "deployments/deployments.h"
#include "rollout/release_group.h"
#include "store/driver_lease.h"

namespace penstock {

/// One call of Deployments::drive for a release of several services: brings their rollouts to their ends, one after the
/// other in their order, and those that are live back in the opposite one where one fails. Its own state is a
/// ReleaseGroup; which rollout is whose says RolloutFacts::group.
struct Deployments::GroupDrive {
  GroupDrive(Deployments& owner, Waiter& a_waiter, RolloutObserver& an_observer, bool may_stay)
      : deployments(owner), parts(owner.parts_), waiter(a_waiter), observer(an_observer), stay(may_stay) {}

  Result<DeploymentEnd> run(int64_t rollout);
  /// A wish for all of them: the one that is under way hears it, an abort ends the rest too.
  void wish(const rollout_event::Steered& steered);

  Result<> load();
  Result<DeploymentEnd> bring();
  /// Takes up what other processes have left.
  Result<> hear();
  /// Nothing: it ended, or there was nothing to do.
  Result<std::optional<DeploymentEnd>> carry_out(const ReleaseGroup::Command& command);
  Result<std::optional<DeploymentEnd>> drive_member(const ReleaseGroup::Command& command, const RolloutRecord& member);
  /// The service's rollout of this group.
  Result<std::optional<RolloutRecord>> rollout_of(const std::string& service, RolloutFacts::Kind kind);
  /// The rollout that takes it back, made where there is none; nothing where there is no way back, or no need.
  Result<std::optional<RolloutRecord>> way_back(const std::string& service);
  Result<> leave_member(const std::string& service, const RolloutSummary& how);
  Result<> ended(const std::string& service, RolloutPhase phase, const std::string& line);
  Result<DeploymentEnd> finish();
  Result<> commit(const std::string& line);
  [[nodiscard]] std::string environment_of(const std::string& service) const { return spec.name + "/" + service; }

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
  std::vector<int64_t> heard;  ///< Of the inbox.
};

}  // namespace penstock
