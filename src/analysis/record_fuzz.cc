#include <cstddef>
#include <cstdint>
#include <string_view>

#include "analysis/record.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace penstock;
  auto record = analysis_record_from_json({reinterpret_cast<const char*>(data), size});
  if (!record.ok()) return 0;
  record->judgement = replay(*record).judgement;
  const auto again = analysis_record_from_json(to_json(*record));
  // What was judged and stored is read back, and judged alike.
  if (!again.ok() || replay(*again).judgement.verdict != record->judgement.verdict) __builtin_trap();
  return 0;
}
