#include "coordinator/coordinator.h"

#include <utility>

#include "coordinator/drive.h"
#include "store/driver_lease.h"
#include "store/run_store.h"

namespace penstock {

Coordinator::Coordinator(const CoordinatorParts& parts) : parts_(parts), steering_(std::make_unique<Steering>()) {}
Coordinator::~Coordinator() = default;

Result<DriveEnd> Coordinator::drive(int64_t run, Patience patience) {
  PENSTOCK_TRY(StoredRun stored, parts_.store.load(run));
  return drive(std::move(stored), patience);
}

Result<DriveEnd> Coordinator::drive(StoredRun run, Patience patience) {
  const int64_t id = run.header.id;
  *steering_ = {};
  for (;;) {
    PENSTOCK_TRY(std::unique_ptr<DriverLease> lease, parts_.leases.try_acquire(id));
    if (!lease) {
      parts_.leases.wake(id);
      return DriveEnd{DriveEnd::How::elsewhere, run.run.status(), run.run.has_warnings(), std::nullopt};
    }
    PENSTOCK_TRY(const std::optional<RunHeader> now, parts_.store.header(id));
    if (now && now->version != run.header.version) {  // another process drove it in between
      PENSTOCK_TRY(run, parts_.store.load(id));
    }
    Result<DriveEnd> end = [&] { return Drive(parts_, *steering_, std::move(run), *lease, patience).run(); }();
    lease.reset();
    if (!end.ok() || steering_->leave) return end;
    // What came after our last look, from somebody who saw that the run was driven.
    PENSTOCK_TRY(const std::vector<Posted> inbox, parts_.store.inbox(id));
    if (inbox.empty()) return end;
    PENSTOCK_TRY(run, parts_.store.load(id));
  }
}

bool Coordinator::leave() {
  steering_->leave = steering_->awaits_time;
  return steering_->leave;
}

void Coordinator::cancel(const Actor& by) {
  steering_->cancel = true;
  steering_->by = by;
}

void Coordinator::kill(const Actor& by) {
  steering_->kill = true;
  steering_->by = by;
}

}  // namespace penstock
