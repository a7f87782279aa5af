#include "base/time.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

using namespace std::chrono_literals;

TEST(Iso8601, IsInUtcWithSeconds) {
  EXPECT_EQ(to_iso8601(Instant{}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_iso8601(Instant{1795269787999ms}), "2026-11-21T14:03:07Z");
  EXPECT_EQ(to_iso8601(Instant{951827696000ms}), "2000-02-29T12:34:56Z");
}

TEST(Iso8601, CountsDownBefore1970) { EXPECT_EQ(to_iso8601(Instant{-1ms}), "1969-12-31T23:59:59Z"); }

TEST(DurationInWords, ReadsAsAPersonWouldSayIt) {
  EXPECT_EQ(to_words(0ms), "0.0s");
  EXPECT_EQ(to_words(400ms), "0.4s");
  EXPECT_EQ(to_words(9999ms), "9.9s");
  EXPECT_EQ(to_words(12s), "12s");
  EXPECT_EQ(to_words(3min + 5s), "3m05s");
  EXPECT_EQ(to_words(2h + 10min + 59s), "2h10m");
  EXPECT_EQ(to_words(2h + 5min), "2h05m");
  EXPECT_EQ(to_words(76h), "3d4h");
}

TEST(DurationInWords, NeverReachesALimitEarly) {
  EXPECT_EQ(to_words(1min - 1ms), "59s");
  EXPECT_EQ(to_words(1h - 1ms), "59m59s");
  EXPECT_EQ(to_words(24h - 1ms), "23h59m");
}

TEST(DurationInWords, AClockThatWentBackReadsAsNothing) { EXPECT_EQ(to_words(-5s), "0.0s"); }

}  // namespace
}  // namespace penstock
