#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "store/record_json.h"

using namespace penstock;

namespace {

template <class T>
void reads_back_the_same(const Result<T>& value, Result<T> (*read)(std::string_view)) {
  if (!value.ok()) return;
  const std::string written = to_json(*value);
  const auto again = read(written);
  if (!again.ok() || to_json(*again) != written) std::abort();
}

}  // namespace

/// Records of the state database are read or refused, and what was read is written so that it reads back the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  reads_back_the_same(run_facts_from_json(text), run_facts_from_json);
  reads_back_the_same(run_summary_from_json(text), run_summary_from_json);
  reads_back_the_same(environment_record_from_json(text), environment_record_from_json);
  reads_back_the_same(kept_artifact_from_json(text), kept_artifact_from_json);
  return 0;
}
