#include "os/time_zones.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "os/files.h"
#include "os/posix_zone.h"
#include "os/tzif.h"

namespace penstock::os {
namespace {

using std::chrono::seconds;
using std::chrono::sys_days;
using namespace std::chrono_literals;

const Instant kFirst = sys_days(2000y / 1 / 1);
const Instant kLast = sys_days(2041y / 1 / 1);

/// What libc says, which reads the same files with code of its own.
seconds offset_by_libc(Instant instant) {
  const std::time_t time = std::chrono::floor<seconds>(instant).time_since_epoch().count();
  std::tm parts{};
  ::localtime_r(&time, &parts);
  return seconds(parts.tm_gmtoff);
}

TEST(TimeZones, AgreesWithLibcAtEveryTransitionOfEveryZone) {
  SystemTimeZones zones;
  const auto names = zones.names();
  ASSERT_GT(names.size(), 300U);
  int transitions = 0;
  for (const std::string& name : names) {
    const auto zone = zones.find(name);
    ASSERT_TRUE(zone.ok()) << name << ": " << zone.error().message;
    ::setenv("TZ", (":" + name).c_str(), 1);
    ::tzset();
    for (Instant at = kFirst; at < kLast;) {
      const TimeZone::Period period = (*zone)->period_at(at);
      ASSERT_TRUE(!period.from || *period.from <= at) << name;
      ASSERT_EQ(period.offset, offset_by_libc(at)) << name << " " << to_iso8601(at);
      if (!period.until) break;
      ASSERT_LT(at, *period.until) << name;
      ++transitions;
      ASSERT_EQ(period.offset, offset_by_libc(*period.until - 1s)) << name << " " << to_iso8601(*period.until);
      ASSERT_EQ((*zone)->period_at(*period.until - 1ms), period) << name;
      ASSERT_EQ((*zone)->period_at(*period.until).from, period.until) << name;
      ASSERT_NE((*zone)->period_at(*period.until).offset, period.offset) << name;
      for (Instant between = at; between < std::min(*period.until, kLast); between += std::chrono::days(11))
        ASSERT_EQ(period.offset, offset_by_libc(between)) << name << " " << to_iso8601(between);
      at = *period.until;
    }
  }
  ::unsetenv("TZ");
  ::tzset();
  EXPECT_GT(transitions, 10'000);
}

TEST(TimeZones, TellsHowOftenTheWallClockShowsATime) {
  SystemTimeZones zones;
  const auto berlin = *zones.find("Europe/Berlin");
  const auto local = [](int month, int day, auto time) {
    return LocalTime(std::chrono::local_days(2026y / month / day)) + time;
  };
  EXPECT_TRUE(to_instants(*berlin, local(3, 29, 2h + 30min)).empty());
  EXPECT_EQ(to_instants(*berlin, local(3, 29, 3h)), std::vector<Instant>{sys_days(2026y / 3 / 29) + 1h});
  EXPECT_EQ(to_instants(*berlin, local(10, 25, 2h + 30min)),
            (std::vector<Instant>{sys_days(2026y / 10 / 25) + 30min, sys_days(2026y / 10 / 25) + 1h + 30min}));
  EXPECT_EQ(to_local(*berlin, sys_days(2026y / 7 / 1)), local(7, 1, 2h));
}

TEST(TimeZones, SuggestsANearName) {
  SystemTimeZones zones;
  const auto unknown = zones.find("Europe/Berln");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().fault, Fault::user);
  EXPECT_EQ(unknown.error().help, "did you mean `Europe/Berlin`?");
}

TEST(TimeZones, NeverLeavesItsFolder) {
  SystemTimeZones zones;
  for (const char* name :
       {"", "/etc/passwd", "../../../etc/passwd", "Europe/../UTC", "Europe", "zone.tab", "right/UTC"})
    EXPECT_FALSE(zones.find(name).ok()) << name;
}

TEST(TimeZones, KnowUtcWithoutFiles) {
  SystemTimeZones zones("/nonexistent");
  EXPECT_TRUE(zones.find("UTC").ok());
  const auto berlin = zones.find("Europe/Berlin");
  ASSERT_FALSE(berlin.ok());
  EXPECT_EQ(berlin.error().fault, Fault::machine);
}

TEST(TimeZones, RefusesACutFileWhereverItIsCut) {
  const auto file = read_file("/usr/share/zoneinfo/Europe/Berlin");
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(parse_tzif("Europe/Berlin", *file).ok());
  for (size_t size = 0; size < file->size(); ++size)
    EXPECT_FALSE(parse_tzif("Europe/Berlin", std::string_view(*file).substr(0, size)).ok()) << size;
}

TEST(PosixZone, ReadsTheFormsOfTheDatabase) {
  const auto summer = [](const char* text) {
    const auto zone = parse_posix_zone(text);
    return zone ? std::optional(zone->period_at(sys_days(2030y / 7 / 1)).offset) : std::nullopt;
  };
  EXPECT_EQ(summer("CET-1CEST,M3.5.0,M10.5.0/3"), 2h);
  EXPECT_EQ(summer("<-02>2<-01>,M3.5.0/-1,M10.5.0/0"), -1h);
  EXPECT_EQ(summer("IST-1GMT0,M10.5.0,M3.5.0/1"), 1h);  // Dublin's winter time is the daylight-saving one
  EXPECT_EQ(summer("<+0545>-5:45"), 5h + 45min);
  EXPECT_EQ(summer("EST5EDT,0/0,J365/25"), -4h);  // daylight-saving time all year
  for (const char* wrong : {"", "C-1", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "<CET-1",
                            "CET-1CEST,M3.5.0,M10.5.0/3x"})
    EXPECT_EQ(summer(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace penstock::os
