#include <gtest/gtest.h>

#include <cstdlib>

#include "base/json_writer.h"
#include "cli/line_text.h"
#include "cli/record_text.h"
#include "cli/size_words.h"
#include "cli/when.h"

namespace penstock {
namespace {

TEST(SizeWordsTest, SizesAreShortAndReadBack) {
  EXPECT_EQ(size_words(312), "312 B");
  EXPECT_EQ(size_words(48'000), "48 kB");
  EXPECT_EQ(size_words(2'100'000), "2.1 MB");
  EXPECT_EQ(size_words(999'700), "1.0 MB");
  EXPECT_EQ(size_from_words("2GB"), 2'000'000'000u);
  EXPECT_EQ(size_from_words("500 mb"), 500'000'000u);
  EXPECT_EQ(size_from_words("1.5k"), 1'500u);
  EXPECT_EQ(size_from_words("1073741824"), 1'073'741'824u);
  for (const char* wrong : {"", "big", "-1", "3 parsecs", "1e30", "nan"})
    EXPECT_EQ(size_from_words(wrong), std::nullopt) << wrong;
}

TEST(WhenTest, AMomentIsSaidAsAPersonSaysIt) {
  const Instant now(std::chrono::hours(24 * 20000 + 18));  // 2024-10-04 18:00 UTC
  using std::chrono::hours;
  using std::chrono::minutes;
  EXPECT_EQ(to_when(now - std::chrono::seconds(5), now), "just now");
  EXPECT_EQ(to_when(now - minutes(12), now), "12m ago");
  EXPECT_EQ(to_when(now - hours(3), now), "3h ago");
  EXPECT_NE(to_when(now - hours(24 * 30), now).find(':'), std::string::npos);
  EXPECT_NE(to_when(now - hours(24 * 700), now).find("2022"), std::string::npos) << to_when(now - hours(24 * 700), now);
}

TEST(WhenTest, AStartIsSaidWithTheTimeThatIsLeft) {
  const Instant now(std::chrono::hours(24 * 20000 + 12));
  using std::chrono::hours;
  using std::chrono::minutes;
  using std::chrono::seconds;
  const auto left = [&](Duration duration) {
    const std::string text = to_start(now + duration, now);
    return text.substr(text.find('('));
  };
  EXPECT_EQ(left(seconds(45)), "(in 45s)");
  EXPECT_EQ(left(minutes(30) - Duration(5)), "(in 30m)");
  EXPECT_EQ(left(minutes(70) - Duration(5)), "(in 1h10m)");
  EXPECT_EQ(left(hours(50)), "(in 2d2h)");
  EXPECT_EQ(to_start(now - minutes(1), now), to_clock(now - minutes(1), false)) << "over: no time is left";
  EXPECT_NE(to_start(now + hours(24 * 10), now).find("Oct"), std::string::npos);
}

TEST(RecordTextTest, ARunIsOneMarkAndOneWord) {
  RunSummary summary;
  summary.status = Status::success;
  EXPECT_EQ(status_word(summary), "");
  EXPECT_EQ(mark_of(summary), Mark::passed);
  summary.warnings = true;
  EXPECT_EQ(mark_of(summary), Mark::warning);
  summary.manual_left = 2;
  EXPECT_EQ(status_word(summary), "2 manual left");
  summary = {};
  summary.status = Status::failed;
  EXPECT_EQ(status_word(summary), "failed");
  summary.at_stage = "test";
  EXPECT_EQ(status_word(summary), "test");
  summary.status = Status::manual;
  EXPECT_EQ(status_word(summary), "gate");
  EXPECT_EQ(mark_of(summary), Mark::person);
}

TEST(RecordTextTest, ARunsJsonHoldsWhoStartedItAndWhen) {
  RunHeader record;
  record.id = 7;
  record.facts.pipeline = "release";
  record.facts.who.name = "Ana \"A\"";
  std::string text;
  JsonWriter json(text, 0);
  json.begin_object();
  write_record_members(json, record);
  json.end_object();
  EXPECT_NE(text.find("Ana \\\"A\\\""), std::string::npos) << text;
  EXPECT_NE(text.find("1970-01-01T00:00:00Z"), std::string::npos) << text;
}

TEST(LineTextTest, AsciiKeepsTheWidth) {
  EXPECT_EQ(in_ascii("a · b – ä漢"), "a - b - ???");
  EXPECT_EQ(in_ascii("plain\x1b[1m"), "plain\x1b[1m");
}

}  // namespace
}  // namespace penstock
