#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/duration.h"

/// A text is a length of time within bounds, or none.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto duration = penstock::parse_duration({reinterpret_cast<const char*>(data), size});
  if (duration && (*duration < penstock::Duration(0) || *duration > std::chrono::hours(24 * 366 * 1000))) std::abort();
  return 0;
}
