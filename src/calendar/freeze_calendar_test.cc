#include "calendar/freeze_calendar.h"

#include <gtest/gtest.h>

#include <random>

#include "os/time_zones.h"

namespace penstock {
namespace {

using std::chrono::sys_days;
using namespace std::chrono_literals;

FreezeCalendar calendar(const std::vector<FreezeWindow>& windows) {
  os::SystemTimeZones zones;
  auto made = FreezeCalendar::create(windows, zones);
  if (!made.ok()) {
    ADD_FAILURE() << made.error().message;
    return *FreezeCalendar::create({}, zones);
  }
  return *std::move(made);
}

FreezeWindow repeating(std::string name, std::string cron, Duration length, std::string zone = "UTC") {
  return {std::move(name), std::move(cron), length, std::move(zone), {}, {}};
}

Instant utc(std::chrono::year_month_day date, Duration time = {}) { return Instant(sys_days(date)) + time; }

TEST(FreezeCalendar, HoldsFromItsStartUntilBeforeItsEnd) {
  const auto weekend = calendar({repeating("weekend", "0 18 * * fri", 62h, "Europe/Berlin")});
  const Instant start = utc(2026y / 11 / 20, 17h);  // 18:00 in Berlin
  EXPECT_EQ(weekend.at(start - 1ms), std::nullopt);
  EXPECT_EQ(weekend.at(start), (ActiveFreeze{"weekend", start + 62h}));
  EXPECT_EQ(weekend.at(start + 62h - 1ms), (ActiveFreeze{"weekend", start + 62h}));
  EXPECT_EQ(weekend.at(start + 62h), std::nullopt);
  EXPECT_EQ(weekend.next_start(start), start + 7 * 24h);
  EXPECT_EQ(weekend.next_change(start), start + 62h);
  EXPECT_EQ(weekend.next_change(start + 62h), start + 7 * 24h);
}

TEST(FreezeCalendar, MergesWindowsThatTouchOrOverlap) {
  const auto all = calendar({repeating("night", "0 22 * * *", 8h),
                             repeating("morning", "0 6 * * *", 2h),
                             {"party", "", {}, "UTC", utc(2026y / 12 / 1, 7h), utc(2026y / 12 / 1, 12h)}});
  EXPECT_EQ(all.at(utc(2026y / 11 / 21, 23h)), (ActiveFreeze{"night", utc(2026y / 11 / 22, 8h)}));
  EXPECT_EQ(all.at(utc(2026y / 11 / 30, 23h)), (ActiveFreeze{"night", utc(2026y / 12 / 1, 12h)}));
  EXPECT_EQ(all.at(utc(2026y / 12 / 1, 7h)), (ActiveFreeze{"party", utc(2026y / 12 / 1, 12h)}));
}

TEST(FreezeCalendar, SaysWhenNoEndIsInSight) {
  EXPECT_EQ(calendar({repeating("always", "0 0 * * *", 24h)}).at(utc(2026y / 11 / 21)),
            (ActiveFreeze{"always", std::nullopt}));
  EXPECT_EQ(calendar({repeating("always", "* * * * *", 5min)}).at(utc(2026y / 11 / 21)),
            (ActiveFreeze{"always", std::nullopt}));
  EXPECT_EQ(calendar({{"from now on", "", {}, "UTC", utc(2026y / 1 / 1), {}}}).at(utc(2026y / 11 / 21)),
            (ActiveFreeze{"from now on", std::nullopt}));
  EXPECT_EQ(calendar({}).at(utc(2026y / 11 / 21)), std::nullopt);
}

TEST(FreezeCalendar, BeginsAtTheJumpWhereTheClockJumpsOverTheStart) {
  const auto night = calendar({repeating("night", "30 2 * * *", 1h, "Europe/Berlin")});
  const Instant jump = utc(2026y / 3 / 29, 1h);
  EXPECT_EQ(night.at(jump - 1ms), std::nullopt);
  EXPECT_EQ(night.at(jump), (ActiveFreeze{"night", jump + 1h}));
  EXPECT_EQ(night.next_start(jump), jump + 23h + 30min);
  EXPECT_EQ(night.next_start(jump - 1ms), jump);
}

TEST(FreezeCalendar, BeginsOnceInTheHourThatComesTwice) {
  const auto night = calendar({repeating("night", "30 2 * * *", 20min, "Europe/Berlin")});
  const Instant first = utc(2026y / 10 / 25, 30min);
  EXPECT_EQ(night.at(first), (ActiveFreeze{"night", first + 20min}));
  EXPECT_EQ(night.at(first + 1h), std::nullopt);
  const auto hourly = calendar({repeating("hourly", "30 * * * *", 20min, "Europe/Berlin")});
  EXPECT_TRUE(hourly.at(first + 1h).has_value());
}

TEST(FreezeCalendar, LastsAsLongAsItSaysWhateverTheClockDoes) {
  const auto weekend = calendar({repeating("weekend", "0 0 * * sat", 48h, "Europe/Berlin")});
  const Instant spring = utc(2026y / 3 / 27, 23h);
  const Instant autumn = utc(2026y / 10 / 23, 22h);
  EXPECT_EQ(weekend.at(spring), (ActiveFreeze{"weekend", spring + 48h}));  // until 01:00 on Monday's clock
  EXPECT_EQ(weekend.at(autumn), (ActiveFreeze{"weekend", autumn + 48h}));  // until 23:00 on Sunday's
}

TEST(FreezeCalendar, NamesTheWindowThatIsWrong) {
  os::SystemTimeZones zones;
  const auto mistake = [&](const FreezeWindow& window) {
    const auto made = FreezeCalendar::create({window}, zones);
    return made.ok() ? "" : made.error().message;
  };
  EXPECT_EQ(mistake(repeating("weekend", "0 18 * * fry", 1h)),
            "freeze window `weekend`: `fry` is no day of the week (in `0 18 * * fry`, at 10)");
  EXPECT_EQ(mistake(repeating("weekend", "0 18 * * fri", 1h, "Europe/Berln")),
            "freeze window `weekend`: `Europe/Berln` is not a time zone");
  EXPECT_EQ(mistake(repeating("weekend", "0 18 * * fri", 0h)), "freeze window `weekend`: it needs a length");
  EXPECT_EQ(mistake({"x", "", {}, "UTC", utc(2026y / 2 / 1), utc(2026y / 1 / 1)}),
            "freeze window `x`: it ends before it begins");
  EXPECT_NE(mistake({"x", "", {}, "UTC", {}, {}}), "");
  EXPECT_NE(mistake({"x", "0 0 * * *", 1h, "UTC", utc(2026y / 2 / 1), {}}), "");
}

/// The rules in their plainest form, minute by minute: when does the expression start within these two days?
std::vector<Instant> starts_by_rule(const Cron& cron, const TimeZone& zone, Instant from, Instant until) {
  std::vector<Instant> starts;
  for (Instant at = from; at < until; at += 1min) {
    const LocalTime local = to_local(zone, at);
    const LocalTime before = to_local(zone, at - 1min);
    const auto instants = to_instants(zone, local);
    bool start = cron.matches(local) && (cron.fields().any_hour || instants.front() == at);
    for (LocalTime skipped = before + 1min; skipped < local && !cron.fields().any_hour; skipped += 1min)
      start = start || cron.matches(skipped);
    if (start) starts.push_back(at);
  }
  return starts;
}

TEST(FreezeCalendar, IsRightAroundTheTransitionsOfAllZones) {
  os::SystemTimeZones zones;
  const unsigned seed = 4;
  std::mt19937 random(seed);
  int checked = 0;
  for (const std::string& name : zones.names()) {
    const auto zone = *zones.find(name);
    std::vector<Instant> transitions;
    for (Instant at = utc(2000y / 1 / 1); at < utc(2041y / 1 / 1);) {
      const auto until = zone->period_at(at).until;
      if (!until) break;
      transitions.push_back(at = *until);
    }
    if (transitions.empty()) continue;
    const Instant transition = transitions[random() % transitions.size()];
    if (transition != std::chrono::floor<std::chrono::minutes>(transition)) continue;
    const auto hour = std::chrono::floor<std::chrono::hours>(to_local(*zone, transition - 1ms).time_since_epoch());
    std::string text = std::to_string(random() % 60) + "," + std::to_string(random() % 60) + " ";
    text += random() % 4 == 0 ? "*" : std::to_string((hour.count() + static_cast<int>(random() % 3)) % 24);
    text += " * * *";
    const Cron cron = std::get<Cron>(parse_cron(text));
    const Instant from = transition - 14h;
    const Instant until = transition + 14h;
    std::vector<Instant> forwards;
    for (auto at = cron.next(*zone, from); at && *at < until; at = cron.next(*zone, *at + 1ms)) forwards.push_back(*at);
    std::vector<Instant> backwards;
    for (auto at = cron.previous(*zone, until - 1ms); at && *at >= from; at = cron.previous(*zone, *at - 1ms))
      backwards.insert(backwards.begin(), *at);
    const auto expected = starts_by_rule(cron, *zone, from, until);
    const std::string where =
        name + " at " + to_iso8601(transition) + ": " + text + " (seed " + std::to_string(seed) + ")";
    ASSERT_EQ(forwards, expected) << where;
    ASSERT_EQ(backwards, expected) << where;
    ++checked;
  }
  EXPECT_GT(checked, 150);
}

}  // namespace
}  // namespace penstock
