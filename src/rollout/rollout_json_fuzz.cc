#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "rollout/json.h"
#include "rollout/release.h"
#include "rollout/rollout.h"

using namespace penstock;

namespace {

template <class T>
void reads_back_the_same(const Result<T>& value, Result<T> (*read)(std::string_view)) {
  if (!value.ok()) return;
  const auto again = read(to_json(*value));
  if (!again.ok() || !(*again == *value)) std::abort();
}

}  // namespace

// Stored values are read whole or refused, and what was read is written so that it reads back the same. Whatever a
// stored rollout claims to be, it is refused or goes on.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  reads_back_the_same(release_from_json(text), release_from_json);
  reads_back_the_same(rollout_spec_from_json(text), rollout_spec_from_json);
  reads_back_the_same(rollout_event_from_json(text), rollout_event_from_json);
  reads_back_the_same(rollout_command_from_json(text), rollout_command_from_json);
  reads_back_the_same(traffic_split_from_json(text), traffic_split_from_json);
  auto rollout = Rollout::from_json(text);
  if (!rollout.ok()) return 0;
  const auto again = Rollout::from_json(rollout->to_json());
  if (!again.ok() || !(*again == *rollout)) std::abort();
  (void)rollout->view();
  (void)rollout->outstanding();
  for (const auto& what : {decltype(RolloutEvent::what)(rollout_event::Observed{}),
                           decltype(RolloutEvent::what)(rollout_event::TimeReached{}),
                           decltype(RolloutEvent::what)(rollout_event::Steered{})})
    (void)rollout->apply({Instant{}, what}).ok();
  return 0;
}
