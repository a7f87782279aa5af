#include "os/posix_zone.h"

#include <algorithm>
#include <array>

namespace penstock::os {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year;

/// Reads the text from left to right; after a mistake `ok` stays false.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  bool take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void skip_name() {
    if (take('<')) {
      const size_t end = rest_.find('>');
      ok_ = ok_ && end != std::string_view::npos;
      rest_.remove_prefix(ok_ ? end + 1 : rest_.size());
      return;
    }
    const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
    size_t length = 0;
    while (length < rest_.size() && is_letter(rest_[length])) ++length;
    ok_ = ok_ && length >= 3;
    rest_.remove_prefix(length);
  }

  int number(int least, int most) {
    int value = 0;
    size_t digits = 0;
    while (digits < rest_.size() && digits < 4 && rest_[digits] >= '0' && rest_[digits] <= '9')
      value = value * 10 + (rest_[digits++] - '0');
    rest_.remove_prefix(digits);
    ok_ = ok_ && digits > 0 && value >= least && value <= most;
    return value;
  }

  /// `[+-]hh[:mm[:ss]]`, up to a week of hours.
  seconds time() {
    const bool negative = take('-');
    if (!negative) take('+');
    seconds value = std::chrono::hours(number(0, 167));
    if (take(':')) value += std::chrono::minutes(number(0, 59));
    if (take(':')) value += seconds(number(0, 59));
    return negative ? -value : value;
  }

  PosixZone::Change change() {
    using Kind = PosixZone::Change::Kind;
    PosixZone::Change change;
    require(take(','));
    if (take('M')) {
      change.month = number(1, 12);
      require(take('.'));
      change.week = number(1, 5);
      require(take('.'));
      change.day = number(0, 6);
    } else if (take('J')) {
      change.kind = Kind::julian_without_leap_day;
      change.day = number(1, 365);
    } else {
      change.kind = Kind::day_of_year;
      change.day = number(0, 365);
    }
    change.time = take('/') ? time() : std::chrono::hours(2);
    return change;
  }

 private:
  void require(bool found) { ok_ = ok_ && found; }

  std::string_view rest_;
  bool ok_ = true;
};

/// The day of a year on which a change happens.
sys_days day_of(const PosixZone::Change& change, year in) {
  using Kind = PosixZone::Change::Kind;
  const sys_days new_year(in / 1 / 1);
  switch (change.kind) {
    case Kind::julian_without_leap_day:
      return new_year + days(change.day - 1 + (in.is_leap() && change.day >= 60 ? 1 : 0));
    case Kind::day_of_year:
      return new_year + days(change.day);
    case Kind::week_of_month:
      break;
  }
  const auto month = in / change.month;
  const std::chrono::weekday weekday(static_cast<unsigned>(change.day));
  if (change.week == 5) return sys_days(month / weekday[std::chrono::last]);
  return sys_days(month / weekday[static_cast<unsigned>(change.week)]);
}

}  // namespace

std::optional<PosixZone> parse_posix_zone(std::string_view text) {
  Reader reader(text);
  PosixZone zone;
  reader.skip_name();
  zone.standard = -reader.time();  // POSIX counts west of Greenwich
  if (reader.at_end()) return reader.ok() ? std::optional(zone) : std::nullopt;
  reader.skip_name();
  zone.daylight = zone.standard + std::chrono::hours(1);
  if (!reader.ok() || reader.at_end()) return std::nullopt;  // TZif always says when
  if (Reader peek = reader; !peek.take(',')) zone.daylight = -reader.time();
  zone.begins = reader.change();
  zone.ends = reader.change();
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return zone;
}

TimeZone::Period PosixZone::period_at(Instant instant) const {
  if (!daylight) return {std::nullopt, std::nullopt, standard};
  struct Border {
    Instant at;
    seconds offset;
  };
  // Three years on either side are enough, whatever a rule's time of day (up to a week) does to its date.
  const auto date = std::chrono::year_month_day(std::chrono::floor<days>(instant));
  std::array<Border, 10> borders{};
  size_t count = 0;
  for (year in = date.year() - std::chrono::years(2); in <= date.year() + std::chrono::years(2); ++in) {
    borders[count++] = {Instant(day_of(begins, in)) + begins.time - standard, *daylight};
    borders[count++] = {Instant(day_of(ends, in)) + ends.time - *daylight, standard};
  }
  std::stable_sort(borders.begin(), borders.end(), [](const Border& a, const Border& b) { return a.at < b.at; });
  // Where one time ends as the other begins, all year long, the border is none (`XXX3EDT4,0/0,J365/23`).
  TimeZone::Period period{std::nullopt, std::nullopt, borders[0].offset};
  for (size_t i = 0; i < borders.size(); ++i) {
    const bool is_last_here = i + 1 == borders.size() || borders[i + 1].at != borders[i].at;
    if (!is_last_here || borders[i].offset == period.offset) continue;
    if (borders[i].at > instant) {
      period.until = borders[i].at;
      return period;
    }
    period.from = borders[i].at;
    period.offset = borders[i].offset;
  }
  return period;
}

}  // namespace penstock::os
