#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "calendar/freeze_calendar.h"
#include "coordinator/waiter.h"
#include "deployments/deployments.h"
#include "deployments/news.h"
#include "store/driver_lease.h"

namespace penstock {

/// One call of Deployments::drive.
struct Deployments::Drive {
  Drive(Deployments& owner, Waiter& a_waiter, RolloutObserver& an_observer, bool may_stay)
      : deployments(owner), parts(owner.parts_), waiter(a_waiter), observer(an_observer), stay(may_stay) {}

  Result<DeploymentEnd> run(int64_t rollout);
  Result<DeploymentEnd> bring();
  Result<std::optional<DeploymentEnd>> look_into_journal();
  /// Nothing: it may begin.
  Result<std::optional<DeploymentEnd>> pass_gate();
  Result<std::optional<DeploymentEnd>> end_if_aborted();
  Result<std::optional<GateAnswer>> abort_wish();
  Result<bool> still_waits(const GateAnswer& answer);
  Result<std::optional<DeploymentEnd>> wait(const GateAnswer& answer, DriverLease& lease);
  Result<> tell_superseded();
  Result<> begin();
  void show_wait(const std::string& words);
  Result<> note(const RolloutSummary& summary, const std::string& line);
  Result<std::optional<DeploymentEnd>> end_at_gate(const GateAnswer& answer);
  void withdraw();
  Result<std::optional<DeploymentEnd>> roll_out();
  void sleep_until(std::optional<Instant> until, DriverLease* lease, const std::vector<int64_t>& others);

  Deployments& deployments;
  const DeploymentParts& parts;
  Waiter& waiter;
  RolloutObserver& observer;
  std::optional<News> news;  ///< Between the rollout and the observer, once the environment is known.
  const bool stay;
  StoredRollout stored;
  EnvironmentSpec spec;
  EnvironmentAccess access;
  std::vector<JournalEntry> journal;
  std::optional<FreezeCalendar> freezes;
  bool passed_gate = false;
  RolloutDriver* driver = nullptr;
  std::vector<rollout_event::Steered> steered;
};

}  // namespace penstock
