#include "cli/dora_view.h"

#include <gtest/gtest.h>

#include "cli/since.h"

namespace penstock {
namespace {

using namespace std::chrono_literals;

DoraReport example(DoraDefinition definition) {
  DoraReport report;
  report.definition = definition;
  report.from = std::chrono::sys_days(2026y / 8 / 23);
  report.to = std::chrono::sys_days(2026y / 11 / 21);
  report.deployments_a_day = {3.2, 288, ""};
  report.lead_time = {7810, 712, ""};
  report.failure_rate = {0.0417, 288, ""};
  report.recovery_time = {std::nullopt, 0, ""};
  report.rework_rate = {0.028, 288, ""};
  report.redeploys = 14;
  report.rollbacks = 1;
  return report;
}

TEST(DoraView, ShowsEachFigureWithWhatItStandsOn) {
  EXPECT_EQ(dora_text(example(DoraDefinition::dora2026), {"production"}, {}),
            "production · 2026-08-23 to 2026-11-21 · as dora2026 defines it\n"
            "  deployment frequency        3.2 a day     288 deployments\n"
            "  lead time for changes       2h10m         median of 712 commits\n"
            "  change failure rate         4.2%          of 288 deployments\n"
            "  failed deployment recovery  –             median of 0 failures\n"
            "  rework rate                 2.8%          of 288 deployments\n"
            "  not counted: 14 re-deploys, 1 rollback\n");
}

TEST(DoraView, ShowsTheClassesOfFourKeys) {
  DoraReport report = example(DoraDefinition::fourkeys);
  report.deployments_a_day = {0.2, 1, "Weekly"};
  const std::string text = dora_text(report, {"eu", "us"}, {});
  EXPECT_NE(text.find("eu, us · "), std::string::npos);
  EXPECT_NE(text.find("1.4 a week    1 deployment · Weekly\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("not counted"), std::string::npos);
}

TEST(DoraView, WritesJsonWithNullForWhatCantBeTold) {
  const std::string json = dora_json(example(DoraDefinition::gitlab), {"production"});
  EXPECT_NE(json.find("\"recovery_time_seconds\": {\n    \"value\": null,\n    \"samples\": 0\n  }"), std::string::npos)
      << json;
  EXPECT_EQ(json.find("rework"), std::string::npos);
}

TEST(Since, ReadsLengthsAndDays) {
  const Instant now = std::chrono::sys_days(2026y / 11 / 21) + 12h;
  EXPECT_EQ(*parse_since("30d", now), now - 30 * 24h);
  EXPECT_EQ(*parse_since("12w", now), now - 84 * 24h);
  EXPECT_EQ(*parse_since("6h", now), now - 6h);
  EXPECT_EQ(*parse_since("2026-08-01", now), Instant(std::chrono::sys_days(2026y / 8 / 1)));
  for (const char* wrong : {"", "d", "-3d", "3", "3x", "2026-13-01", "2026-02-30", "99999999999d", "yesterday"})
    EXPECT_FALSE(parse_since(wrong, now).ok()) << wrong;
}

}  // namespace
}  // namespace penstock
