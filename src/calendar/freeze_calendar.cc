#include "calendar/freeze_calendar.h"

#include <algorithm>

namespace penstock {
namespace {

constexpr std::chrono::days kFarthestEnd(2 * 365);
/// So often windows may follow on each other before we stop asking for the end: a cron that matches each minute would
/// make it a million times in two years.
constexpr int kMostLinks = 10'000;

Error wrong(const FreezeWindow& window, const std::string& what, std::string help = "") {
  return {Fault::user, "freeze window `" + window.name + "`: " + what, std::move(help)};
}

}  // namespace

Result<FreezeCalendar> FreezeCalendar::create(const std::vector<FreezeWindow>& windows, TimeZones& zones) {
  FreezeCalendar calendar;
  for (const FreezeWindow& spec : windows) {
    Window& window = calendar.windows_.emplace_back();
    window.spec = spec;
    if (spec.cron.empty()) {
      if (!spec.from && !spec.to) return wrong(spec, "it says neither when it repeats nor from when until when");
      if (spec.from && spec.to && *spec.to <= *spec.from) return wrong(spec, "it ends before it begins");
      continue;
    }
    if (spec.from || spec.to) return wrong(spec, "it repeats, so it can't also hold once");
    if (spec.length <= Duration::zero()) return wrong(spec, "it needs a length", "such as `length: 12h`");
    auto cron = parse_cron(spec.cron);
    if (const auto* mistake = std::get_if<CronMistake>(&cron))
      return wrong(spec,
                   mistake->message + " (in `" + spec.cron + "`, at " + std::to_string(mistake->position + 1) + ")",
                   mistake->help);
    window.cron = std::get<Cron>(cron);
    auto zone = zones.find(spec.zone);
    if (!zone.ok()) return Error{zone.error().fault, wrong(spec, zone.error().message).message, zone.error().help};
    window.zone = *std::move(zone);
  }
  return calendar;
}

std::optional<FreezeCalendar::Span> FreezeCalendar::holds(const Window& window, Instant instant) {
  const FreezeWindow& spec = window.spec;
  if (!window.cron) {
    if ((spec.from && instant < *spec.from) || (spec.to && instant >= *spec.to)) return std::nullopt;
    return spec.to ? Span{*spec.to, false} : Span{Instant::max(), true};
  }
  const auto start = window.cron->previous(*window.zone, instant);
  if (!start || instant >= *start + spec.length) return std::nullopt;
  return Span{*start + spec.length, false};
}

std::optional<ActiveFreeze> FreezeCalendar::at(Instant instant) const {
  std::optional<ActiveFreeze> freeze;
  Instant end = instant;
  for (int links = 0;; ++links) {
    const Window* longest = nullptr;
    Span span{end, false};
    for (const Window& window : windows_) {
      const auto held = holds(window, end);
      if (!held || held->end <= span.end) continue;
      span = *held;
      longest = &window;
    }
    if (longest == nullptr) break;
    if (!freeze) freeze = ActiveFreeze{longest->spec.name, std::nullopt};
    end = span.end;
    if (span.endless || end > instant + kFarthestEnd || links == kMostLinks) return freeze;
  }
  if (freeze) freeze->until = end;
  return freeze;
}

std::optional<Instant> FreezeCalendar::next_start(Instant instant) const {
  std::optional<Instant> first;
  for (const Window& window : windows_) {
    const auto start = window.cron ? window.cron->next(*window.zone, instant + Duration(1)) : window.spec.from;
    if (start && *start > instant && (!first || *start < *first)) first = start;
  }
  return first;
}

std::optional<Instant> FreezeCalendar::next_change(Instant instant) const {
  if (const auto freeze = at(instant)) return freeze->until;
  return next_start(instant);
}

}  // namespace penstock
