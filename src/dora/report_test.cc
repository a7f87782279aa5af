#include "dora/report.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

using Kind = DoraDeployment::Kind;
using namespace std::chrono_literals;

const Instant kFrom = std::chrono::sys_days(2026y / 9 / 6);  // a Sunday
const Instant kTo = kFrom + 10 * 24h;

Instant day(double days) { return kFrom + std::chrono::duration_cast<Duration>(days * 24h); }

DoraDeployment deployed(double at, Kind kind = Kind::release, std::vector<Instant> commits = {}) {
  return {kind, day(at) - 10min, day(at), std::move(commits), false, std::nullopt};
}

/// Five changes and a repetition; the second was rolled back from after 2 h; an incident in the fourth's time.
DoraHistory example() {
  DoraHistory history{"production", {}, {}, {day(8)}};
  history.deployments = {deployed(1, Kind::release, {day(0), day(0.5)}),
                         deployed(2, Kind::release, {day(1.5)}),
                         deployed(2 + 2.0 / 24, Kind::rollback),
                         deployed(3, Kind::release, {day(2.5)}),
                         deployed(4, Kind::redeploy),
                         deployed(5, Kind::configuration),
                         deployed(6, Kind::release, {day(5.75)}),
                         deployed(20, Kind::release, {day(19)})};
  history.deployments[1].failed = true;
  history.deployments[1].recovered_at = day(2 + 2.0 / 24);
  history.incidents = {{day(5) + 1h, day(6) + 3h}, {day(15), std::nullopt}};
  return history;
}

TEST(Dora, CountsChangesByTheResearchersWording) {
  const auto report = dora_report({example()}, DoraDefinition::dora2026, kFrom, kTo);
  EXPECT_EQ(report.deployments_a_day, (DoraFigure{0.5, 5, ""}));
  EXPECT_EQ(report.lead_time, (DoraFigure{0.5 * 86'400, 5, ""}));  // 24 h, 12 h, 12 h, 12 h, 6 h
  EXPECT_EQ(report.failure_rate, (DoraFigure{0.4, 5, ""}));        // rolled back from, and the incident's
  ASSERT_TRUE(report.recovery_time.value.has_value());
  EXPECT_DOUBLE_EQ(*report.recovery_time.value, (2 * 3600 + (24 + 2) * 3600) / 2.0);
  EXPECT_EQ(report.rework_rate, (DoraFigure{0.4, 5, ""}));  // right after the failure, and within the incident
  EXPECT_EQ(report.releases, 4);
  EXPECT_EQ(report.rollbacks, 1);
  EXPECT_EQ(report.redeploys, 1);
  EXPECT_EQ(report.configurations, 1);
  EXPECT_EQ(report.never_live, 1);
  EXPECT_EQ(report.incidents, 1);
}

TEST(Dora, CountsAllDeploymentsAndOnlyIncidentsAsGitLabDoes) {
  const auto report = dora_report({example()}, DoraDefinition::gitlab, kFrom, kTo);
  EXPECT_EQ(report.deployments_a_day, (DoraFigure{0.7, 7, ""}));
  EXPECT_EQ(report.lead_time, (DoraFigure{0.5 * 86'400, 4, ""}));  // of each deployment's own commit
  EXPECT_EQ(report.failure_rate, (DoraFigure{1.0 / 7, 7, ""}));
  EXPECT_EQ(report.recovery_time, (DoraFigure{26 * 3600.0, 1, ""}));
  EXPECT_EQ(report.rework_rate, DoraFigure());
}

TEST(Dora, SortsIntoTheClassesOfFourKeys) {
  const auto report = dora_report({example()}, DoraDefinition::fourkeys, kFrom, kTo);
  EXPECT_EQ(report.deployments_a_day.class_name, "Daily");
  EXPECT_EQ(report.lead_time.class_name, "One day");
  EXPECT_EQ(report.failure_rate, (DoraFigure{2.0 / 7, 7, "16-45%"}));
  EXPECT_EQ(report.recovery_time.class_name, "One day");
  struct Case {
    int every;
    const char* name;
  };
  for (const Case& c : {Case{1, "Daily"},
                        {2, "Daily"},
                        {3, "Weekly"},
                        {7, "Weekly"},
                        {21, "Monthly"},
                        {28, "Monthly"},
                        {100, "Yearly"}}) {
    DoraHistory history{"production", {}, {}, {}};
    for (int at = 0; at < 91; at += c.every) history.deployments.push_back(deployed(at + 0.5));
    const auto by_pace = dora_report({history}, DoraDefinition::fourkeys, kFrom, kFrom + 91 * 24h);
    EXPECT_EQ(by_pace.deployments_a_day.class_name, c.name) << c.every;
  }
}

TEST(Dora, HasNoFigureWhereThereIsNothingToTellItFrom) {
  for (const auto definition : {DoraDefinition::gitlab, DoraDefinition::fourkeys, DoraDefinition::dora2026}) {
    const auto report = dora_report({}, definition, kFrom, kTo);
    EXPECT_EQ(report.deployments_a_day.value, 0);
    EXPECT_EQ(report.lead_time.value, std::nullopt);
    EXPECT_EQ(report.failure_rate.value, std::nullopt);
    EXPECT_EQ(report.recovery_time.value, std::nullopt);
    EXPECT_EQ(dora_report({}, definition, kTo, kFrom).deployments_a_day.value, std::nullopt);
    EXPECT_EQ(dora_definition_named(to_string(definition)), definition);
  }
  EXPECT_EQ(dora_definition_named("dora"), std::nullopt);
}

TEST(Dora, AddsEnvironmentsUpAndLinksNothingAcrossThem) {
  DoraHistory other{"eu", {deployed(5.01, Kind::release, {day(5)})}, {}, {}};
  const auto report = dora_report({example(), other}, DoraDefinition::dora2026, kFrom, kTo);
  EXPECT_EQ(report.deployments_a_day.samples, 6);
  EXPECT_EQ(report.failure_rate, (DoraFigure{2.0 / 6, 6, ""}));
}

}  // namespace
}  // namespace penstock
