#include "coordinator/rollout_driver.h"

#include <utility>
#include <variant>

#include "coordinator/rollout_drive.h"
#include "os/clock.h"
#include "store/driver_lease.h"

namespace penstock {

RolloutDriver::RolloutDriver(const RolloutDriverParts& parts) : parts_(parts) {}
RolloutDriver::~RolloutDriver() = default;

Result<RolloutEnd> RolloutDriver::drive(int64_t rollout, const RolloutSpec& spec, const MakeDeliverer& make_deliverer) {
  leave_ = false;
  for (;;) {
    PENSTOCK_TRY(std::unique_ptr<DriverLease> lease, parts_.leases.try_acquire(rollout));
    if (!lease) {
      parts_.leases.wake(rollout);
      PENSTOCK_TRY(const StoredRollout stored, parts_.store.load_rollout(rollout));
      return RolloutEnd{RolloutEnd::How::elsewhere, stored.record.summary, {}};
    }
    PENSTOCK_TRY(StoredRollout stored, parts_.store.load_rollout(rollout));
    const RolloutSummary& summary = stored.record.summary;
    const bool retires = summary.due_at && *summary.due_at <= parts_.clock.now();
    if (summary.ended && !retires) return RolloutEnd{RolloutEnd::How::ended, stored.record.summary, {}};
    PENSTOCK_TRY(std::unique_ptr<Deliverer> deliverer, make_deliverer(stored));
    Result<RolloutEnd> end = [&] {
      return RolloutDrive(parts_, std::move(stored), *lease, deliverer, steered_, leave_).run(spec);
    }();
    deliverer.reset();  // lets the environment go while we still are the driver
    lease.reset();
    if (!end.ok() || end->how != RolloutEnd::How::left || leave_) return end;
  }
}

void RolloutDriver::steer(rollout_event::Steered steered) { steered_.push_back(std::move(steered)); }
void RolloutDriver::leave() { leave_ = true; }

RolloutSummary summarize(const RolloutView& view, RolloutSummary before, Instant now) {
  RolloutSummary summary = std::move(before);
  summary.phase = to_string(view.phase);
  summary.ended = is_end(view.phase);
  summary.succeeded = view.phase == RolloutPhase::live;
  summary.waits_for = view.waits_for;
  summary.waits_for_person = view.phase == RolloutPhase::paused && !view.next_at;
  summary.step.clear();
  if (view.steps > 0) {
    summary.step = "step " + std::to_string(view.step) + " of " + std::to_string(view.steps);
    if (!view.step_name.empty()) summary.step += ": " + view.step_name;
  }
  summary.reason = view.reason;
  summary.log = view.log;
  if (!summary.began_at) summary.began_at = now;
  const bool promoted = view.phase == RolloutPhase::baking || view.phase == RolloutPhase::live;
  if (promoted && !summary.promoted_at) summary.promoted_at = now;
  if (summary.ended && !summary.ended_at) summary.ended_at = now;
  return summary;
}

}  // namespace penstock
