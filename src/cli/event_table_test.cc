#include "cli/event_table.h"

#include <gtest/gtest.h>

#include "intake/intake.h"

namespace penstock {
namespace {

Job job(const std::string& name, const std::string& stage, uint32_t line) {
  Job made;
  made.name = made.group = name;
  made.stage = stage;
  made.location = {".gitlab-ci.yml", line, 1};
  return made;
}

Compiled compiled(std::vector<std::string> stages, std::vector<Job> jobs, std::vector<LeftOutJob> left_out = {}) {
  Compiled made;
  made.plan = Plan();
  made.plan->stages = std::move(stages);
  made.plan->jobs = std::move(jobs);
  made.plan->left_out = std::move(left_out);
  made.circumstances = {"push", "main", {}, {}, {}};
  return made;
}

std::string drawn(const EventTable& table) { return render(table, Style{false, true}, 0); }

TEST(EventTableTest, ShowsHowEachJobRunsOnEachEvent) {
  Job ship = job("ship", "deploy", 3);
  ship.gate.kind = Gate::Kind::manual;
  Job clean = job("clean", "deploy", 4);
  clean.condition = Condition::always;
  Job lint = job("lint", "test", 2);
  lint.allow_failure.always = true;
  Job late = job("ship", "deploy", 3);
  late.gate.kind = Gate::Kind::delayed;
  late.gate.delay = std::chrono::minutes(30);
  const EventTable table =
      event_table({"main", "tag"},
                  {compiled({"test", "deploy"}, {lint, ship}, {{"clean", "clean", "deploy", clean.location, {}}}),
                   compiled({"deploy"}, {late, clean}, {{"lint", "lint", "test", lint.location, {}}})},
                  2);
  EXPECT_EQ(drawn(table),
            "JOB      main        tag\n"
            "test\n"
            "  lint   ✓ may fail  –\n"
            "deploy\n"
            "  ship   ⏸ manual    ○ in 30m\n"
            "  clean  –           ✓ always\n");
}

TEST(EventTableTest, InstancesThatRunAlikeMakeOneRow) {
  Job one = job("unit: [a]", "test", 1);
  Job two = job("unit: [b]", "test", 1);
  one.group = two.group = "unit";
  const Compiled both = compiled({"test"}, {one, two});
  const Compiled half = compiled({"test"}, {one}, {{"unit: [b]", "unit", "test", two.location, {}}});
  EXPECT_EQ(drawn(event_table({"main"}, {both}, 1)), "JOB         main\ntest\n  unit (2)  ✓\n");
  EXPECT_EQ(drawn(event_table({"main", "tag"}, {both, half}, 2)),
            "JOB          main  tag\ntest\n  unit: [a]  ✓     ✓\n  unit: [b]  ✓     –\n");
}

TEST(EventTableTest, JobsThatRunNowhereComeLast) {
  const Compiled only =
      compiled({"test"}, {job("a", "test", 2)}, {{"never", "never", "build", {".gitlab-ci.yml", 1, 1}, {}}});
  EXPECT_EQ(drawn(event_table({"main"}, {only}, 1)),
            "JOB  main\ntest\n  a  ✓\n"
            "on none of these events\n  never\n");
}

TEST(EventTableTest, SaysWhereThereIsNoPipelineAndWhichEventsAreTheSame) {
  Compiled none;
  none.workflow.summary = "none of the `workflow: rules` holds";
  const Compiled some = compiled({"test"}, {job("a", "test", 1)});
  EXPECT_EQ(drawn(event_table({"main", "tag", "web", "api"}, {some, none, some, some}, 2)),
            "JOB  main  tag\ntest\n  a  ✓     –\n"
            "web and api: as main\ntag: no pipeline, none of the `workflow: rules` holds\n");
}

TEST(EventTableTest, AStageOfSomeEventsStandsWhereThoseHaveIt) {
  const EventTable table = event_table(
      {"main", "tag"},
      {compiled({"build", "deploy"}, {job("b", "build", 1), job("d", "deploy", 3)}),
       compiled({"build", "test", "deploy"}, {job("b", "build", 1), job("t", "test", 2), job("d", "deploy", 3)})},
      2);
  ASSERT_EQ(table.rows.size(), 3U);
  EXPECT_EQ(table.rows[1].name, "t");
}

TEST(EventTableTest, JsonHasEachEventAndEachJob) {
  const std::string json = to_json(event_table({"main"}, {compiled({"test"}, {job("a", "test", 1)})}, 1));
  EXPECT_NE(json.find(R"("name": "main",
      "source": "push",
      "branch": "main",
      "pipeline": true)"),
            std::string::npos)
      << json;
  EXPECT_NE(json.find(R"("when": "on_success")"), std::string::npos) << json;
}

TEST(EventTableTest, WhereItDoesNotFitTheSameEventsAreTold) {
  const Compiled both = compiled({"test"}, {job("quite-a-long-name", "test", 1), job("b", "test", 2)});
  const Compiled one = compiled({"test"}, {job("b", "test", 2)},
                                {{"quite-a-long-name", "quite-a-long-name", "test", {".gitlab-ci.yml", 1, 1}, {}}});
  const EventTable table = event_table({"main", "feature", "tag"}, {both, both, one}, 3);
  EXPECT_EQ(render(table, Style{false, true}, 80).find("as main"), std::string::npos);
  EXPECT_EQ(render(table, Style{false, true}, 34),
            "JOB                  main  tag\ntest\n  quite-a-long-name  ✓     –\n  b                  ✓     "
            "✓\nfeature: as main\n");
}

}  // namespace
}  // namespace penstock
