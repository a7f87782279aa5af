#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "plan/check.h"
#include "plan/json.h"

using namespace penstock;

// A stored plan is read whole or refused, and what was read is written so that it reads back the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto plan = plan_from_json({reinterpret_cast<const char*>(data), size});
  if (!plan.ok()) return 0;
  const auto again = plan_from_json(to_json(*plan));
  if (!again.ok() || *again != *plan) std::abort();
  (void)check(*plan).ok();
  return 0;
}
