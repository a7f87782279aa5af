#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/time.h"
#include "base/time_zone.h"

namespace penstock {

/// What is wrong with a cron expression, and where in it (bytes from 0).
struct CronMistake {
  size_t position = 0;
  size_t length = 0;
  std::string message;
  std::string help;  ///< `did you mean `mon`?`; may be empty.

  friend bool operator==(const CronMistake&, const CronMistake&) = default;
};

/// Five fields: minute, hour, day of the month, month, day of the week. Numbers, names (`mon`, `jan`), lists, ranges
/// and steps; Sunday is 0 and 7. Where both day fields are restricted, either suffices; a field that begins with `*` is
/// not restricted (the rules of Vixie's cron).
class Cron {
 public:
  /// Fields as bit sets; weekday 0 is Sunday.
  struct Fields {
    uint64_t minutes = 0;
    uint32_t hours = 0;
    uint32_t days = 0;
    uint16_t months = 0;
    uint8_t weekdays = 0;
    bool any_hour = false;     ///< Begins with `*`.
    bool any_day = false;      ///< Begins with `*`.
    bool any_weekday = false;  ///< Begins with `*`.

    friend bool operator==(const Fields&, const Fields&) = default;
  };

  explicit Cron(const Fields& fields) : fields_(fields) {}

  [[nodiscard]] const Fields& fields() const { return fields_; }
  /// Does the minute that holds this wall-clock time match?
  [[nodiscard]] bool matches(LocalTime local) const;
  /// The first matching minute at or after `local`, as the wall clock counts; nothing within 50 years.
  [[nodiscard]] std::optional<LocalTime> next(LocalTime local) const;
  /// The last matching minute at or before `local`.
  [[nodiscard]] std::optional<LocalTime> previous(LocalTime local) const;

  /// The first start at or after `instant` in a zone, right across changes of its clock: a start that the clock jumps
  /// over happens at the jump, one in an hour that comes twice happens the first time. An expression whose hour begins
  /// with `*` follows the wall clock instead: nothing for what is jumped over, both for what comes twice.
  [[nodiscard]] std::optional<Instant> next(const TimeZone& zone, Instant instant) const;
  /// The last start at or before `instant`.
  [[nodiscard]] std::optional<Instant> previous(const TimeZone& zone, Instant instant) const;

  friend bool operator==(const Cron&, const Cron&) = default;

 private:
  [[nodiscard]] bool matches_day(std::chrono::local_days day) const;

  Fields fields_;
};

std::variant<Cron, CronMistake> parse_cron(std::string_view text);

}  // namespace penstock
