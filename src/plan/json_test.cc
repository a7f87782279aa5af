#include "plan/json.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "plan/plan.h"

namespace penstock {
namespace {

/// Plans with every field filled now and then, texts with everything that JSON must escape.
class RandomPlan {
 public:
  explicit RandomPlan(unsigned seed) : random_(seed) {}

  Plan plan() {
    Plan plan;
    plan.dialect = text();
    plan.dialect_version = number(9);
    plan.source = text();
    plan.name = text();
    plan.variables = variables();
    plan.pipeline_variables = variables();
    plan.stages = texts();
    for (int i = number(5); i > 0; --i) plan.jobs.push_back(job());
    for (int i = number(2); i > 0; --i) plan.left_out.push_back({text(), text(), text(), place(), decision()});
    if (coin()) plan.auto_cancel = {text(), coin()};
    plan.workflow = decision();
    return plan;
  }

 private:
  int number(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  bool coin() { return number(2) == 0; }
  std::string text() {
    static const std::vector<std::string> kTexts = {
        "", "a", "line\nbreak", "q\"uote\\", "grün €", std::string("\0\x01", 2), "$[x]"};
    return kTexts[static_cast<size_t>(number(static_cast<int>(kTexts.size())))];
  }
  std::vector<std::string> texts() {
    std::vector<std::string> list;
    for (int i = number(3); i > 0; --i) list.push_back(text());
    return list;
  }
  std::vector<int> numbers() {
    std::vector<int> list;
    for (int i = number(3); i > 0; --i) list.push_back(number(256));
    return list;
  }
  template <class Enum>
  Enum one_of_three() {
    return static_cast<Enum>(number(3));
  }
  SourceLocation place() {
    if (coin()) return {};
    return {"a:b/" + text(), static_cast<uint32_t>(number(99)), static_cast<uint32_t>(number(99))};
  }
  Variables variables() {
    Variables list;
    for (int i = number(3); i > 0; --i) list.push_back({text(), text(), coin(), coin(), coin()});
    return list;
  }
  Decision decision() {
    Decision decision;
    for (int i = number(2); i > 0; --i) {
      decision.rules.push_back({place(), text(), {}, coin()});
      if (coin()) decision.rules.back().clauses.push_back({text(), one_of_three<Clause::Outcome>(), text()});
    }
    decision.summary = text();
    return decision;
  }
  Image image() { return {text(), texts(), texts(), text(), text()}; }
  std::vector<Step> steps() {
    std::vector<Step> list;
    for (int i = number(3); i > 0; --i) list.emplace_back(ScriptStep{texts()});
    return list;
  }
  Artifacts artifacts() {
    Artifacts artifacts{text(), texts(), texts(), coin(), one_of_three<KeepWhen>(), {}, text(), {}, {}};
    if (coin()) artifacts.expire_in = Duration(number(9999));
    if (coin()) artifacts.reports[text()] = texts();
    if (coin()) artifacts.coverage_report = CoverageReport{text(), text()};
    return artifacts;
  }
  Job job() {
    Job job;
    job.name = text();
    job.group = text();
    job.stage = text();
    job.location = place();
    if (coin()) job.needs.emplace();
    if (job.needs && coin()) job.needs->push_back({text(), coin(), coin()});
    if (coin()) job.artifacts_from = texts();
    job.condition = one_of_three<Condition>();
    job.gate = {one_of_three<Gate::Kind>(), Duration(number(3)), text()};
    job.allow_failure = {coin(), numbers()};
    job.retry = {number(3), texts(), numbers()};
    if (coin()) job.timeout = Duration(number(99));
    job.interruptible = coin();
    if (coin()) job.resource_group = ResourceGroup{text(), coin() ? "newest_first" : ""};
    job.tags = texts();
    if (coin()) job.image = image();
    if (coin()) job.services.push_back({image(), texts(), texts(), variables()});
    job.variables = variables();
    job.steps = steps();
    job.after_steps = steps();
    if (coin())
      job.caches.push_back({text(), texts(), text(), texts(), texts(), coin(), text(), one_of_three<KeepWhen>()});
    job.artifacts = artifacts();
    if (coin()) job.environment = Environment{text(), text(), text(), text(), text(), text()};
    if (coin()) job.rollout = JobRollout{text()};
    if (coin()) job.trigger = Trigger{text(), text(), {{text(), text()}}, coin(), variables(), coin()};
    if (coin()) job.family_needs.push_back({text(), text(), coin()});
    job.coverage = text();
    if (coin()) job.matrix.emplace_back(text(), text());
    job.decision = decision();
    return job;
  }

  std::mt19937 random_;
};

Plan small_plan() {
  Plan plan;
  plan.dialect = "gitlab";
  plan.stages = {"test"};
  Job job;
  job.name = job.group = "unit";
  job.stage = "test";
  job.location = {".gitlab-ci.yml", 3, 1};
  job.needs = std::vector<Need>{};
  job.steps.emplace_back(ScriptStep{{"make test"}});
  job.timeout = Duration(60000);
  plan.jobs.push_back(job);
  return plan;
}

TEST(PlanJson, LeavesDefaultsOut) {
  EXPECT_EQ(
      to_json(small_plan()),
      R"({"format":1,"dialect":"gitlab","dialect_version":1,"stages":["test"],"jobs":[{"name":"unit","group":"unit",)"
      R"("stage":"test","location":".gitlab-ci.yml:3:1","needs":[],"timeout_ms":60000,"steps":[{"script":["make test"]}]}]})");
}

TEST(PlanJson, ReadsBackWhatItWrote) {
  const char* soak = std::getenv("PENSTOCK_SOAK");
  const unsigned rounds = soak ? 200000 : 500;
  for (unsigned seed = 1; seed <= rounds; ++seed) {
    const Plan plan = RandomPlan(seed).plan();
    const auto read = plan_from_json(to_json(plan));
    ASSERT_TRUE(read.ok()) << "seed " << seed << ": " << read.error().message;
    ASSERT_EQ(*read, plan) << "seed " << seed;
    for (const Job& job : plan.jobs) {
      const auto read_job = job_from_json(to_json(job));
      ASSERT_TRUE(read_job.ok()) << "seed " << seed << ": " << read_job.error().message;
      ASSERT_EQ(*read_job, job) << "seed " << seed;
    }
  }
}

std::string complaint(const std::string& from, const std::string& to) {
  std::string text = to_json(small_plan());
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos);
  const auto read = plan_from_json(text.replace(at, from.size(), to));
  return read.ok() ? "" : read.error().message;
}

TEST(PlanJson, ComesInPiecesToo) {
  Plan plan = RandomPlan(1).plan();
  const std::string detail(300, 'x');
  for (int i = 0; i < 1000; ++i) {
    plan.jobs.emplace_back().name = "job" + std::to_string(i);
    plan.jobs.back().decision = Decision{{}, detail};
  }
  const PlanPieces pieces(plan);
  EXPECT_GT(pieces.count(), 3U);
  std::vector<std::string> made(pieces.count());
  for (size_t i = pieces.count(); i > 0; --i) pieces.write(i - 1, made[i - 1]);  // in any order
  std::string whole;
  for (const std::string& piece : made) whole += piece;
  EXPECT_EQ(whole, to_json(plan));
}

TEST(PlanJson, IsOnePieceWhereThereAreFewJobs) {
  for (const size_t jobs : {0, 1, 256}) {
    Plan plan = small_plan();
    plan.jobs.resize(jobs);
    std::string piece = "what was there before";
    ASSERT_EQ(PlanPieces(plan).count(), 1U);
    PlanPieces(plan).write(0, piece);
    EXPECT_EQ(piece, to_json(plan));
  }
}

TEST(PlanJson, NeverHalfUnderstandsAPlan) {
  EXPECT_EQ(complaint("\"timeout_ms\"", "\"deadline\""), "the stored plan cannot be read: `jobs.deadline` is unknown");
  EXPECT_EQ(complaint("\"format\":1", "\"format\":2"), "the stored plan cannot be read: its format is 2, not 1");
  EXPECT_EQ(complaint("60000", "\"1m\""),
            "the stored plan cannot be read: `jobs.timeout_ms`: a whole number is expected");
  EXPECT_EQ(complaint("60000", "99999999999999999999"),
            "the stored plan cannot be read: `jobs.timeout_ms`: a whole number is expected");
  EXPECT_EQ(complaint("\"name\":\"unit\",", ""), "the stored plan cannot be read: `jobs.name` is missing");
  EXPECT_EQ(complaint(":3:1", ":3"),
            "the stored plan cannot be read: `jobs.location`: a place is expected, such as "
            "\".gitlab-ci.yml:3:1\"");
}

TEST(PlanJson, RefusesWhatIsNoPlan) {
  for (const char* text : {"", "[]", "null", "{", "{}", R"({"format":1})", "\xFF", R"({"format":1e9})"})
    EXPECT_FALSE(plan_from_json(text).ok()) << text;
}

}  // namespace
}  // namespace penstock
