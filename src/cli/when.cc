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

bool same_day(const std::tm& a, const std::tm& b) { return a.tm_year == b.tm_year && a.tm_yday == b.tm_yday; }

/// Whole minutes where it is more than one, rounded up.
std::string left_words(Duration left) {
  using std::chrono::minutes;
  using std::chrono::seconds;
  if (left <= minutes(1)) return std::to_string(std::chrono::ceil<seconds>(left).count()) + "s";
  const minutes whole = std::chrono::ceil<minutes>(left);
  return whole < minutes(60) ? std::to_string(whole.count()) + "m" : to_words(whole);
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
  if (same_day(that, today)) return "today " + hour_and_minute(that);
  if (ago >= Duration{} && ago < hours(24 * 6)) return format("%a ", that) + hour_and_minute(that);
  const std::string day = std::to_string(that.tm_mday) + format(" %b", that);
  return that.tm_year == today.tm_year ? day + " " + hour_and_minute(that) : day + format(" %Y", that);
}

std::string to_later(Instant then, Instant now) {
  using std::chrono::hours;
  const std::tm that = local(then);
  std::string text = hour_and_minute(that);
  if (!same_day(that, local(now))) text = format(then - now < hours(24 * 6) ? "%a " : "%e %b ", that) + text;
  if (const size_t blank = text.find_first_not_of(' '); blank != 0) text.erase(0, blank);
  return text;
}

std::string to_start(Instant then, Instant now) {
  const Duration left = then - now;
  const std::string text = to_later(then, now);
  return left > Duration{} ? text + " (in " + left_words(left) + ")" : text;
}

std::string to_day(Instant instant) {
  const std::tm parts = local(instant);
  return std::to_string(parts.tm_mday) + format(" %b %Y", parts);
}

std::string to_clock(Instant instant, bool with_seconds) {
  const std::tm parts = local(instant);
  return with_seconds ? format("%H:%M:%S", parts) : format("%H:%M", parts);
}

}  // namespace penstock
