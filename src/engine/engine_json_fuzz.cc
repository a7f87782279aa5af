#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "engine/json.h"
#include "engine/run.h"

using namespace penstock;

namespace {

template <class T>
void reads_back_the_same(const Result<T>& value, Result<T> (*read)(std::string_view)) {
  if (!value.ok()) return;
  const auto again = read(to_json(*value));
  if (!again.ok() || !(*again == *value)) std::abort();
}

}  // namespace

// Stored records are read whole or refused, and what was read is written so that it reads back the same. Whatever a
// stored job claims to be, a run either refuses it or goes on.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  reads_back_the_same(event_from_json(text), event_from_json);
  reads_back_the_same(run_record_from_json(text), run_record_from_json);
  reads_back_the_same(arbiter_from_json(text), arbiter_from_json);
  const auto state = job_state_from_json(text);
  reads_back_the_same(state, job_state_from_json);
  if (!state.ok()) return 0;
  auto plan = std::make_shared<Plan>();
  plan->stages = {"a"};
  plan->jobs.resize(1);
  plan->jobs[0].name = "job";
  plan->jobs[0].stage = "a";
  auto run = Run::restore(plan, {}, {}, {true, Status::running, {}}, {*state});
  if (!run.ok()) return 0;
  (void)run->explain(0);
  for (decltype(Event::what) what : {decltype(Event::what)(event::CancelRequested{"job", {}}),
                                     decltype(Event::what)(event::RetryRequested{"job", {}})})
    (void)run->apply({Instant{}, what}).ok();
  return 0;
}
