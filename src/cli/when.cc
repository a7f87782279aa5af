#include "cli/when.h"

#include <array>
#include <ctime>

namespace penstock {
namespace {

std::tm local(Instant instant) {
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::time_point_cast<std::chrono::system_clock::duration>(instant));
  std::tm parts{};
  localtime_r(&seconds, &parts);
  return parts;
}

std::string format(const char* pattern, const std::tm& parts) {
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), pattern, &parts)};
}

std::string hour_and_minute(const std::tm& parts) { return std::to_string(parts.tm_hour) + format(":%M", parts); }

}  // namespace

std::string to_when(Instant then, Instant now) {
  using std::chrono::hours;
  using std::chrono::minutes;
  const Duration ago = now - then;
  if (ago >= Duration{} && ago < minutes(1)) return "just now";
  if (ago >= Duration{} && ago < hours(1))
    return std::to_string(std::chrono::duration_cast<minutes>(ago).count()) + "m ago";
  if (ago >= Duration{} && ago < hours(6))
    return std::to_string(std::chrono::duration_cast<hours>(ago).count()) + "h ago";
  const std::tm that = local(then);
  const std::tm today = local(now);
  if (that.tm_year == today.tm_year && that.tm_yday == today.tm_yday) return "today " + hour_and_minute(that);
  if (ago >= Duration{} && ago < hours(24 * 6)) return format("%a ", that) + hour_and_minute(that);
  const std::string day = std::to_string(that.tm_mday) + format(" %b", that);
  return that.tm_year == today.tm_year ? day + " " + hour_and_minute(that) : day + format(" %Y", that);
}

std::string to_clock(Instant instant, bool with_seconds) {
  const std::tm parts = local(instant);
  return with_seconds ? format("%H:%M:%S", parts) : format("%H:%M", parts);
}

}  // namespace penstock
