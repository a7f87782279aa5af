#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/time_zone.h"
#include "calendar/cron.h"
#include "calendar/freeze_window.h"

namespace penstock {

/// A freeze that holds at some moment.
struct ActiveFreeze {
  std::string window;            ///< Its name; of several that hold, the one that ends last.
  std::optional<Instant> until;  ///< When nothing is frozen any more: windows that touch or overlap count as one.
                                 ///< Nothing: no end is in sight (within two years).

  friend bool operator==(const ActiveFreeze&, const ActiveFreeze&) = default;
};

/// The freeze windows of an environment, ready to be asked. A window denies: there is none that allows. A window's
/// length is elapsed time, whatever the clock does in the middle of it.
class FreezeCalendar {
 public:
  /// An Error (Fault::user) names the window and what is wrong with it: cron, length, zone, or an end before its start.
  static Result<FreezeCalendar> create(const std::vector<FreezeWindow>& windows, TimeZones& zones);

  [[nodiscard]] std::optional<ActiveFreeze> at(Instant instant) const;
  /// When the next window begins, after `instant` (not at it); nothing where none does within 50 years.
  [[nodiscard]] std::optional<Instant> next_start(Instant instant) const;
  /// When `at` changes its mind next: the end of the freeze that holds, else the next start.
  [[nodiscard]] std::optional<Instant> next_change(Instant instant) const;

 private:
  struct Window {
    FreezeWindow spec;
    std::optional<Cron> cron;
    std::shared_ptr<const TimeZone> zone;
  };

  struct Span {
    Instant end;
    bool endless = false;
  };
  static std::optional<Span> holds(const Window& window, Instant instant);

  std::vector<Window> windows_;
};

}  // namespace penstock
