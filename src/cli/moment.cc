#include "cli/moment.h"

#include <array>
#include <ctime>
#include <optional>
#include <string>

#include "cli/since.h"

namespace penstock {
namespace {

/// Reads `text` by a pattern of strptime's, all of it.
bool reads(const std::string& text, const char* pattern, std::tm& parts) {
  const char* const end = strptime(text.c_str(), pattern, &parts);
  return end != nullptr && *end == '\0';
}

std::tm local_day(Instant now) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  std::tm parts{};
  localtime_r(&seconds, &parts);
  parts.tm_sec = 0;
  parts.tm_isdst = -1;
  return parts;
}

Instant from_local(std::tm parts) { return Instant(std::chrono::seconds(std::mktime(&parts))); }

/// What strptime let pass: it takes 31 February.
bool is_date(const std::tm& parts) {
  const auto date = std::chrono::year(parts.tm_year + 1900) / (parts.tm_mon + 1) / parts.tm_mday;
  return date.ok();
}

std::optional<Instant> parse(const std::string& text, Instant now) {
  std::tm parts = local_day(now);
  if (reads(text, "%H:%M", parts)) {
    const Instant today = from_local(parts);
    if (today <= now) return today;
    --parts.tm_mday;
    return from_local(parts);
  }
  constexpr std::array kPatterns = {"%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"};
  const bool is_utc = text.ends_with('Z');
  const std::string rest = text.substr(0, text.size() - (is_utc ? 1 : 0));
  for (const char* const pattern : kPatterns) {
    parts = {};
    parts.tm_isdst = -1;
    if (!reads(rest, pattern, parts) || !is_date(parts)) continue;
    return is_utc ? Instant(std::chrono::seconds(timegm(&parts))) : from_local(parts);
  }
  if (text.size() > 1 && text.back() == 'm') {
    const auto hours = parse_since(text.substr(0, text.size() - 1) + "h", now);
    if (hours) return now - (now - *hours) / 60;
  }
  if (text.find('-') != std::string::npos) return std::nullopt;  // a day alone is no moment
  const auto since = parse_since(text, now);
  return since ? std::optional(*since) : std::nullopt;
}

}  // namespace

Result<Instant> parse_moment(std::string_view text, Instant now) {
  const std::optional<Instant> moment = parse(std::string(text), now);
  if (moment && *moment <= now) return *moment;
  const std::string quoted = "`" + std::string(text) + "`";
  if (moment)
    return Error{Fault::user, quoted + " is still to come", "such as 14:05, 20m (ago) or \"2026-08-01 14:05\""};
  return Error{Fault::user, quoted + " is no time", "such as 14:05, 20m (ago) or \"2026-08-01 14:05\""};
}

}  // namespace penstock
