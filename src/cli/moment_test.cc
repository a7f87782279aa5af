#include "cli/moment.h"

#include <gtest/gtest.h>

#include <ctime>

namespace penstock {
namespace {

using namespace std::chrono_literals;

class Moment : public testing::Test {
 protected:
  // Two hours before UTC, without daylight saving.
  void SetUp() override {
    setenv("TZ", "TST2", 1);
    tzset();
  }
  void TearDown() override {
    unsetenv("TZ");
    tzset();
  }
  const Instant now_ = Instant(std::chrono::sys_days(std::chrono::year(2026) / 8 / 1) + 16h + 30min);  // 14:30 here

  std::string said(const std::string& text) {
    const auto moment = parse_moment(text, now_);
    return moment ? to_iso8601(*moment) : moment.error().message;
  }
};

TEST_F(Moment, IsAClockTimeOfTheReader) {
  EXPECT_EQ(said("14:05"), "2026-08-01T16:05:00Z");
  EXPECT_EQ(said("9:00"), "2026-08-01T11:00:00Z");
  EXPECT_EQ(said("23:15"), "2026-08-01T01:15:00Z") << "the last time that a clock showed that";
}

TEST_F(Moment, IsSoLongAgo) {
  EXPECT_EQ(said("20m"), "2026-08-01T16:10:00Z");
  EXPECT_EQ(said("2h"), "2026-08-01T14:30:00Z");
  EXPECT_EQ(said("3d"), "2026-07-29T16:30:00Z");
}

TEST_F(Moment, IsADateWithATime) {
  EXPECT_EQ(said("2026-07-31 14:05"), "2026-07-31T16:05:00Z");
  EXPECT_EQ(said("2026-07-31T14:05:09"), "2026-07-31T16:05:09Z");
  EXPECT_EQ(said("2026-07-31T14:05Z"), "2026-07-31T14:05:00Z");
}

TEST_F(Moment, IsRefusedWhereItIsNoneOrStillToCome) {
  EXPECT_EQ(said("2026-08-02 14:05"), "`2026-08-02 14:05` is still to come");
  for (const char* text : {"", "m", "25:00", "noon", "2026-08-01", "2026-02-31 10:00", "-5m", "14:05 or so"})
    EXPECT_EQ(said(text), "`" + std::string(text) + "` is no time");
}

}  // namespace
}  // namespace penstock
