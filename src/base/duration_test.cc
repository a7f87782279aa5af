#include "base/duration.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

using std::chrono::seconds;

TEST(Duration, ReadsEveryFormThatTheManualShows) {
  EXPECT_EQ(parse_duration("90"), seconds(90));
  EXPECT_EQ(parse_duration("42 seconds"), seconds(42));
  EXPECT_EQ(parse_duration("3 mins 4 sec"), seconds(184));
  EXPECT_EQ(parse_duration("2 hrs 20 min"), seconds(8400));
  EXPECT_EQ(parse_duration("2h20min"), seconds(8400));
  EXPECT_EQ(parse_duration("1h 30m"), seconds(5400));
  EXPECT_EQ(parse_duration("3.5 hours"), seconds(12600));
  EXPECT_EQ(parse_duration("6 mos 1 day"), seconds(181 * 86400));
  EXPECT_EQ(parse_duration("3 weeks and 2 days"), seconds(23 * 86400));
  EXPECT_EQ(parse_duration("1 Week"), seconds(7 * 86400));
}

TEST(Duration, ReadsNumbersInWords) {
  EXPECT_EQ(parse_duration("one hour"), seconds(3600));
  EXPECT_EQ(parse_duration("two hrs and twenty-five minutes"), seconds(8700));
  EXPECT_EQ(parse_duration("Twenty One days"), seconds(21 * 86400));
  EXPECT_EQ(parse_duration("a week"), seconds(7 * 86400));
}

TEST(Duration, ReadsAClock) {
  EXPECT_EQ(parse_duration("1:30"), seconds(90));
  EXPECT_EQ(parse_duration("1:30:00"), seconds(5400));
  EXPECT_EQ(parse_duration("1:0:0:1"), seconds(86401));
}

TEST(Duration, RefusesWhatIsNone) {
  for (const char* text : {"", "twenty parsecs", "1:", ":1", "1:2:3:4:5", "1:30 hours", "soon", "3 parsecs", "-1 day",
                           "h", "1h x", "99999999 years", "1e9"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

}  // namespace
}  // namespace penstock
