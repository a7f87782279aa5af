#include <cstddef>
#include <cstdint>
#include <string_view>

#include "os/posix_zone.h"
#include "os/tzif.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace penstock;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto check = [](const TimeZone::Period& period, Instant at) {
    if ((period.from && *period.from > at) || (period.until && *period.until <= at)) __builtin_trap();
  };
  const Instant times[] = {Instant(std::chrono::seconds(-5'000'000'000)), Instant(std::chrono::seconds(0)),
                           Instant(std::chrono::seconds(1'790'000'000)), Instant(std::chrono::seconds(9'000'000'000))};
  if (const auto zone = os::parse_tzif("Fuzz", input); zone.ok()) {
    for (const Instant at : times) check((*zone)->period_at(at), at);
  }
  if (const auto rule = os::parse_posix_zone(input)) {
    for (const Instant at : times) check(rule->period_at(at), at);
  }
  return 0;
}
