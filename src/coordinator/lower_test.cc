#include "coordinator/lower.h"

#include <gtest/gtest.h>

#include <map>

#include "coordinator/outputs.h"
#include "engine/testing/driver.h"

namespace penstock::testing {
namespace {

/// What a job sees: of two variables with one name the later one holds.
std::map<std::string, std::string> seen(const JobSpec& spec) {
  std::map<std::string, std::string> values;
  for (const Variable& variable : spec.variables) values[variable.name] = variable.value;
  return values;
}

class LowerTest : public ::testing::Test {
 protected:
  LowerTest() {
    header_.id = 12;
    header_.created_at = Instant(std::chrono::seconds(1'700'000'000));
    header_.facts.repository = "/home/alice/app";
    header_.facts.commit = "c0ffee";
    header_.facts.ref = "main";
    header_.facts.worktree_layer = "/layers/7";
    plan_.dialect = "gitlab";
    job_.name = "unit";
    job_.stage = "test";
  }
  JobSpec lowered() { return lower({header_, plan_, job_, 2, 34, "file:///logs/12/34.log", inputs_}); }

  RunHeader header_;
  Plan plan_;
  Job job_;
  std::vector<const JobOutput*> inputs_;
};

TEST_F(LowerTest, OrdersVariablesAsGitLabDoes) {
  plan_.variables = {{"ALL", "predefined"}, {"JOB", "predefined"}, {"DOTENV", "predefined"}, {"GIVEN", "predefined"}};
  job_.variables = {{"JOB", "job"}, {"DOTENV", "job"}, {"GIVEN", "job"}};
  const JobOutput first{"a", {}, {{"DOTENV", "first"}, {"GIVEN", "first"}}};
  const JobOutput second{"b", {}, {{"DOTENV", "second"}}};
  inputs_ = {&first, &second};
  plan_.pipeline_variables = {{"GIVEN", "by the caller"}};
  const auto values = seen(lowered());
  EXPECT_EQ(values.at("ALL"), "predefined");
  EXPECT_EQ(values.at("JOB"), "job");
  EXPECT_EQ(values.at("DOTENV"), "second");
  EXPECT_EQ(values.at("GIVEN"), "by the caller");
}

TEST_F(LowerTest, TellsTheJobItsNumbers) {
  const auto values = seen(lowered());
  EXPECT_EQ(values.at("CI_PIPELINE_ID"), "12");
  EXPECT_EQ(values.at("CI_PIPELINE_IID"), "12");
  EXPECT_EQ(values.at("CI_PIPELINE_CREATED_AT"), "2023-11-14T22:13:20Z");
  EXPECT_EQ(values.at("CI_JOB_ID"), "34");
  EXPECT_EQ(values.at("CI_JOB_URL"), "file:///logs/12/34.log");
}

TEST_F(LowerTest, HandsOverWhatTheJobIs) {
  job_.steps = {ScriptStep{{"make"}}};
  job_.after_steps = {ScriptStep{{"clean"}}};
  job_.timeout = std::chrono::minutes(5);
  job_.coverage = "\\d+%";
  job_.caches = {Cache()};
  const JobSpec spec = lowered();
  EXPECT_EQ(spec.run, 12);
  EXPECT_EQ(spec.id, 34);
  EXPECT_EQ(spec.attempt, 2);
  EXPECT_EQ(spec.job, "unit");
  EXPECT_EQ(spec.stage, "test");
  EXPECT_EQ(spec.dialect, "gitlab");
  EXPECT_EQ(spec.repository, "/home/alice/app");
  EXPECT_EQ(spec.commit, "c0ffee");
  EXPECT_EQ(spec.ref, "main");
  EXPECT_EQ(spec.worktree_layer, "/layers/7");
  EXPECT_EQ(spec.steps, job_.steps);
  EXPECT_EQ(spec.after_steps, job_.after_steps);
  EXPECT_EQ(spec.timeout, Duration(std::chrono::minutes(5)));
  EXPECT_EQ(spec.coverage, job_.coverage);
  EXPECT_EQ(spec.caches, job_.caches);
}

JobResult result_with(const std::string& content) {
  JobResult result;
  result.artifacts = {{"archive", "artifacts", sha256(content), 1, 1, {}}};
  return result;
}

/// Names of the jobs whose artifacts `taker` gets, where each of a, b (stage one) and c (stage two) has some.
std::vector<std::string> takes_from(const JobBuilder& taker) {
  const Run run(plan_of({"one", "two", "three"}, {job("a", "one"), job("b", "one"), job("c", "two"), taker}), {});
  RunOutputs outputs(run);
  for (const size_t index : {2, 1, 0}) outputs.keep(run, index, result_with(run.job(index).name));
  std::vector<std::string> names;
  for (const JobOutput* output : outputs.inputs_of(run, 3)) names.push_back(output->job);
  return names;
}

using Names = std::vector<std::string>;

TEST(RunOutputs, ComeFromAllEarlierStages) {
  EXPECT_EQ(takes_from(job("d", "three")), (Names{"a", "b", "c"}));
  EXPECT_EQ(takes_from(job("d", "two")), (Names{"a", "b"}));
  EXPECT_EQ(takes_from(job("d", "one")), Names());
}

TEST(RunOutputs, ComeFromNeedsThatBringThem) {
  JobBuilder taker = job("d", "three").needs({"c", "a"});
  EXPECT_EQ(takes_from(taker), (Names{"a", "c"}));
  taker.job.needs->at(0).artifacts = false;
  EXPECT_EQ(takes_from(taker), Names{"a"});
}

TEST(RunOutputs, ComeFromDependenciesWhereGiven) {
  JobBuilder taker = job("d", "three");
  taker.job.artifacts_from = {"b"};
  EXPECT_EQ(takes_from(taker), Names{"b"});
  taker.job.artifacts_from = Names();
  EXPECT_EQ(takes_from(taker), Names());
}

TEST(RunOutputs, AreThoseOfTheLastAttempt) {
  const penstock::Run run(plan_of({"one", "two"}, {job("a", "one"), job("b", "two")}), {});
  RunOutputs outputs(run);
  outputs.keep(run, 0, result_with("first"));
  outputs.keep(run, 0, result_with("second"));
  ASSERT_EQ(outputs.inputs_of(run, 1).size(), 1u);
  EXPECT_EQ(outputs.inputs_of(run, 1)[0]->archives, std::vector<Digest>{sha256("second")});
  outputs.keep(run, 0, JobResult());
  EXPECT_TRUE(outputs.inputs_of(run, 1).empty());
}

}  // namespace
}  // namespace penstock::testing
