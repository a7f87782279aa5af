#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "protocol/json.h"

using namespace penstock;

/// What a peer says about a job is read whole or refused, and what was read is written so that it reads back the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto spec = job_spec_from_json(text); spec.ok()) {
    const std::string written = to_json(*spec);
    const auto again = job_spec_from_json(written);
    if (!again.ok() || to_json(*again) != written) std::abort();
  }
  if (const auto result = job_result_from_json(text); result.ok()) {
    const std::string written = to_json(*result);
    const auto again = job_result_from_json(written);
    if (!again.ok() || to_json(*again) != written) std::abort();
  }
  return 0;
}
