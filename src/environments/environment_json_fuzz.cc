#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "environments/json.h"

/// Any text is read as an environment that writes what it was read from, or refused.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto spec = penstock::environment_from_json({reinterpret_cast<const char*>(data), size});
  if (!spec.ok()) return 0;
  const std::string json = penstock::to_json(*spec);
  auto again = penstock::environment_from_json(json);
  if (!again.ok() || penstock::to_json(*again) != json) std::abort();
  return 0;
}
