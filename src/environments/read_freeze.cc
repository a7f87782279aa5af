#include <charconv>

#include "base/time_zone.h"
#include "base/words.h"
#include "calendar/cron.h"
#include "environments/readers.h"

namespace penstock::environments {
namespace {

constexpr Duration kLongest = 366 * kDay;

/// A moment as it is written: with an offset it is one, else the wall clock of the window's zone shows it.
struct WrittenTime {
  LocalTime local;
  std::optional<std::chrono::minutes> offset;
};

/// Takes `digits` digits off the front.
std::optional<int> take_number(std::string_view& text, size_t digits) {
  int number = 0;
  if (text.size() < digits) return std::nullopt;
  auto [end, problem] = std::from_chars(text.data(), text.data() + digits, number);
  if (problem != std::errc() || end != text.data() + digits || number < 0) return std::nullopt;
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

/// `17:00` or `17:00:30`.
std::optional<std::chrono::seconds> take_clock(std::string_view& text) {
  const std::optional<int> hour = take_number(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const std::optional<int> minute = take_number(text, 2);
  if (!minute) return std::nullopt;
  int second = 0;
  if (take(text, ':')) {
    const std::optional<int> seconds = take_number(text, 2);
    if (!seconds) return std::nullopt;
    second = *seconds;
  }
  if (*hour > 23 || *minute > 59 || second > 59) return std::nullopt;
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(second);
}

/// `Z`, `+02:00`, `+0200`.
std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
  if (take(text, 'Z')) return std::chrono::minutes(0);
  const int sign = text.starts_with('-') ? -1 : 1;
  if (!take(text, '+') && !take(text, '-')) return std::nullopt;
  const std::optional<int> hours = take_number(text, 2);
  take(text, ':');
  const std::optional<int> minutes = take_number(text, 2);
  if (!hours || !minutes || *hours > 14 || *minutes > 59) return std::nullopt;
  return sign * (std::chrono::hours(*hours) + std::chrono::minutes(*minutes));
}

/// `2026-12-24`, `2026-12-24 17:00`, `2026-12-24T17:00:00+01:00`.
std::optional<WrittenTime> time_of(std::string_view text) {
  const std::optional<int> year = take_number(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const std::optional<int> month = take_number(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const std::optional<int> day = take_number(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  WrittenTime written{std::chrono::local_days(date), std::nullopt};
  if (text.empty()) return written;
  if (!take(text, 'T') && !take(text, ' ')) return std::nullopt;
  const std::optional<std::chrono::seconds> clock = take_clock(text);
  if (!clock) return std::nullopt;
  written.local += *clock;
  take(text, ' ');
  if (!text.empty()) {
    written.offset = take_offset(text);
    if (!written.offset || !text.empty()) return std::nullopt;
  }
  return written;
}

/// The moment; where the clock jumps over it, as if it hadn't jumped yet; where it comes twice, the first.
Instant instant_in(const TimeZone* zone, const WrittenTime& written) {
  const Instant as_utc(written.local.time_since_epoch());
  if (written.offset) return as_utc - *written.offset;
  if (zone == nullptr) return as_utc;
  const std::vector<Instant> instants = to_instants(*zone, written.local);
  return instants.empty() ? as_utc - zone->period_at(as_utc - kDay).offset : instants.front();
}

void read_moment(Fields& fields, std::string_view key, const TimeZone* zone, std::optional<Instant>& moment) {
  const Node* node = fields.find(key);
  if (node == nullptr) return;
  const std::optional<WrittenTime> written = node->is_scalar() ? time_of(node->text()) : std::nullopt;
  if (written) {
    moment = instant_in(zone, *written);
    return;
  }
  fields.report().error("invalid-time", node->span(), quoted(key) + " is no date or time").help =
      "write it like `2026-12-24`, `2026-12-24 17:00` or `2026-12-24T17:00:00+01:00`";
}

std::shared_ptr<const TimeZone> read_zone(Fields& fields, TimeZones& zones, std::string& name) {
  if (!fields.text("zone", name)) return nullptr;
  Result<std::shared_ptr<const TimeZone>> zone = zones.find(name);
  if (zone) return *zone;
  Diagnostic& told = fields.report().error("unknown-zone", fields.find("zone")->span(), zone.error().message);
  (zone.error().help.starts_with("did you mean") ? told.label : told.help) = zone.error().help;
  return nullptr;
}

void check_cron(Fields& fields, const std::string& text) {
  const auto cron = parse_cron(text);
  const auto* mistake = std::get_if<CronMistake>(&cron);
  if (mistake == nullptr) return;
  const Node& node = *fields.find("cron");
  const SourceSpan span = mistake->length == 0 ? node.span() : node.span_within(mistake->position, mistake->length);
  Diagnostic& told = fields.report().error("invalid-cron", span, mistake->message);
  (mistake->help.starts_with("did you mean") ? told.label : told.help) = mistake->help;
}

void read_window(Report& report, TimeZones& zones, const Node& node, FreezeWindow& window) {
  Fields fields(report, node, "a freeze window");
  fields.text("name", window.name);
  const std::shared_ptr<const TimeZone> zone = read_zone(fields, zones, window.zone);
  const bool repeats = fields.text("cron", window.cron);
  if (!window.cron.empty()) check_cron(fields, window.cron);
  const bool lasts = fields.duration("for", window.length, Duration(std::chrono::minutes(1)), kLongest);
  read_moment(fields, "from", zone.get(), window.from);
  read_moment(fields, "until", zone.get(), window.to);
  const Node* from = fields.find("from");
  const Node* until = fields.find("until");
  if (repeats && (from != nullptr || until != nullptr)) {
    report.error("conflicting-keywords", (from != nullptr ? from : until)->span(),
                 "a window repeats (`cron` and `for`) or lies between `from` and `until`, not both");
  } else if (repeats && !lasts) {
    fields.missing("for", "add how long it lasts, such as `for: 63h`");
  } else if (!repeats && from == nullptr && until == nullptr) {
    constexpr static std::array<std::string_view, 2> kOnce = {"from", "until"};
    fields.missing("cron", "add `cron: \"0 17 * * 5\"` and `for: 63h`, or `from` and `until`", kOnce);
  } else if (window.from && window.to && *window.to <= *window.from) {
    report.error("out-of-range", until->span(), "this window ends before it begins");
  }
  fields.finish();
}

}  // namespace

void read_freeze(Fields& fields, TimeZones& zones, EnvironmentSpec& spec) {
  const Node* node = fields.find("freeze");
  if (node == nullptr) return;
  if (!node->is_sequence()) return wrong_type(fields.report(), *node, "`freeze`", "a list");
  for (const Node* item : node->items()) {
    FreezeWindow window;
    window.name = "freeze " + std::to_string(spec.freezes.size() + 1);
    read_window(fields.report(), zones, *item, window);
    spec.freezes.push_back(std::move(window));
  }
}

}  // namespace penstock::environments
