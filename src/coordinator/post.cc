#include "coordinator/post.h"

#include "store/driver_lease.h"
#include "store/run_store.h"

namespace penstock {

Result<bool> post(RunStore& store, DriverLeases& leases, int64_t run, const std::vector<Event>& events) {
  PENSTOCK_CHECK(store.post(run, events));
  PENSTOCK_TRY(const bool driven, leases.is_driven(run));
  if (driven) leases.wake(run);
  return driven;
}

}  // namespace penstock
