#include "calendar/cron.h"

#include <gtest/gtest.h>

#include <random>

namespace penstock {
namespace {

using namespace std::chrono_literals;

Cron cron(std::string_view text) {
  auto parsed = parse_cron(text);
  if (const auto* mistake = std::get_if<CronMistake>(&parsed)) {
    ADD_FAILURE() << text << ": " << mistake->message;
    return Cron(Cron::Fields{});
  }
  return std::get<Cron>(parsed);
}

LocalTime local(std::chrono::year_month_day date, Duration time = {}) {
  return LocalTime(std::chrono::local_days(date)) + time;
}

TEST(Cron, FindsTheNextAndThePreviousMatch) {
  struct Case {
    const char* text;
    LocalTime from;
    LocalTime next;
    LocalTime previous;
  };
  const Case cases[] = {
      {"0 18 * * fri", local(2026y / 11 / 21, 12h), local(2026y / 11 / 27, 18h), local(2026y / 11 / 20, 18h)},
      {"*/15 * * * *", local(2026y / 11 / 21, 12h + 1min), local(2026y / 11 / 21, 12h + 15min),
       local(2026y / 11 / 21, 12h)},
      {"30 8 1 1 *", local(2026y / 11 / 21), local(2027y / 1 / 1, 8h + 30min), local(2026y / 1 / 1, 8h + 30min)},
      {"0 0 29 2 *", local(2026y / 1 / 1), local(2028y / 2 / 29), local(2024y / 2 / 29)},
      {"5-7,50/5 9 * * *", local(2026y / 1 / 1, 9h + 8min), local(2026y / 1 / 1, 9h + 50min),
       local(2026y / 1 / 1, 9h + 7min)},
      {"0 0 13 * 5", local(2026y / 11 / 14), local(2026y / 11 / 20), local(2026y / 11 / 13)},    // the 13th or a Friday
      {"0 0 */2 * mon", local(2026y / 11 / 21), local(2026y / 11 / 23), local(2026y / 11 / 9)},  // odd and a Monday
  };
  for (const Case& c : cases) {
    EXPECT_EQ(cron(c.text).next(c.from), c.next) << c.text;
    EXPECT_EQ(cron(c.text).previous(c.from), c.previous) << c.text;
  }
}

TEST(Cron, StartsAtTheMinuteItself) {
  const LocalTime noon = local(2026y / 11 / 21, 12h);
  EXPECT_EQ(cron("0 12 * * *").next(noon), noon);
  EXPECT_EQ(cron("0 12 * * *").next(noon + 1ms), noon + 24h);
  EXPECT_EQ(cron("0 12 * * *").previous(noon + 59s), noon);
}

TEST(Cron, CountsSundayAsZeroAndSeven) {
  EXPECT_EQ(cron("0 0 * * 0"), cron("0 0 * * 7"));
  EXPECT_EQ(cron("0 0 * * SUN"), cron("0 0 * * 7"));
  EXPECT_EQ(cron("0 0 * * sat-sun"), cron("0 0 * * 6,0"));
  EXPECT_EQ(cron("0 0 * * 5-7"), cron("0 0 * * fri-sun"));
  EXPECT_EQ(cron("0 0 * * sun-tue"), cron("0 0 * * 0-2"));
  EXPECT_EQ(cron("0 0 1 jan,Mar-may *").fields().months, 0b111010U);
}

TEST(Cron, PointsAtWhatIsWrong) {
  struct Case {
    const char* text;
    size_t position;
    size_t length;
    const char* message;
    const char* help;
  };
  const Case cases[] = {
      {"61 * * * *", 0, 2, "61 is no minute", "it goes from 0 to 59"},
      {"0 18 * * fry", 9, 3, "`fry` is no day of the week", "did you mean `fri`?"},
      {"0 22-6 * * *", 2, 4, "the range `22-6` runs backwards", "write it as a list of two, such as `22-23,0-5`"},
      {"*/0 * * * *", 2, 1, "a step of 0 leads nowhere", ""},
      {"*/90 * * * *", 2, 2, "a step of 90 is longer than the minute (0 to 59)", ""},
      {"0 0 30 2 *", 4, 2, "none of the months has day 30", ""},
      {"0 0 * *", 0, 7, "a cron expression has five fields, this one has 4",
       "minute hour day month weekday, such as `0 18 * * fri`"},
      {"0 0 0 * * *", 10, 1, "a cron expression has five fields, this one has 6",
       "minute hour day month weekday, such as `0 18 * * fri`"},
      {" @daily", 1, 6, "a cron expression has five fields", "write `0 0 * * *`"},
      {"1,,2 * * * *", 0, 4, "the minute has an empty place in its list", ""},
      {"99999999999999 * * * *", 0, 14, "99999999999999 is no minute", "it goes from 0 to 59"},
  };
  for (const Case& c : cases) {
    const auto parsed = parse_cron(c.text);
    const auto* mistake = std::get_if<CronMistake>(&parsed);
    ASSERT_NE(mistake, nullptr) << c.text;
    EXPECT_EQ(*mistake, (CronMistake{c.position, c.length, c.message, c.help})) << c.text << ": " << mistake->message;
  }
}

TEST(Cron, AgreesWithLookingAtEachMinute) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    Cron::Fields fields;
    for (int i = 0; i < 2; ++i) fields.minutes |= uint64_t{1} << random() % 60;
    fields.hours = static_cast<uint32_t>(random() % 0xffffff) | 1U << random() % 24;
    fields.days = static_cast<uint32_t>(random()) & 0xfffffffeU;
    fields.months = static_cast<uint16_t>((random() & 0x1ffeU) | 1U << (1 + random() % 12));
    fields.weekdays = static_cast<uint8_t>(random() % 127 + 1);
    fields.any_day = random() % 2 == 0;
    fields.any_weekday = random() % 2 == 0;
    const Cron expression(fields);
    const LocalTime from = local(2026y / 1 / 1) + std::chrono::minutes(random() % 500'000) + 1ms;
    LocalTime naive = std::chrono::ceil<std::chrono::minutes>(from);
    const LocalTime end = naive + std::chrono::days(20);
    while (naive < end && !expression.matches(naive)) naive += 1min;
    const auto next = expression.next(from);
    if (naive < end)
      EXPECT_EQ(next, naive) << "seed " << seed;
    else
      EXPECT_TRUE(!next || *next >= end) << "seed " << seed;
    naive = std::chrono::floor<std::chrono::minutes>(from);
    const LocalTime begin = naive - std::chrono::days(20);
    while (naive > begin && !expression.matches(naive)) naive -= 1min;
    const auto previous = expression.previous(from);
    if (naive > begin)
      EXPECT_EQ(previous, naive) << "seed " << seed;
    else
      EXPECT_TRUE(!previous || *previous <= begin) << "seed " << seed;
  }
}

}  // namespace
}  // namespace penstock
