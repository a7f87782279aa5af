#include <cstddef>
#include <cstdint>
#include <string_view>

#include "calendar/cron.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = penstock::parse_cron(text);
  if (const auto* mistake = std::get_if<penstock::CronMistake>(&parsed)) {
    if (mistake->message.empty() || mistake->position + mistake->length > text.size()) __builtin_trap();
    return 0;
  }
  const auto& cron = std::get<penstock::Cron>(parsed);
  const penstock::LocalTime now(std::chrono::seconds(1'800'000'123));
  const auto next = cron.next(now);
  if (!next || *next < now || !cron.matches(*next)) __builtin_trap();  // what never comes is refused
  const auto again = cron.previous(*next);
  if (again != next) __builtin_trap();
  return 0;
}
