#include <gtest/gtest.h>

#include <map>

#include "base/diagnostic.h"
#include "dialect_gitlab/gitlab.h"
#include "dialect_gitlab/testing/memory_sources.h"

namespace penstock::gitlab {
namespace {

/// By the job's name; those that are left out too.
std::map<std::string, Shared<Decision>> decisions_of(const std::string& text) {
  const CompileResult result = compile_text(text);
  EXPECT_TRUE(result.plan.has_value()) << render(result.diagnostics, {});
  std::map<std::string, Shared<Decision>> decisions;
  if (!result.plan) return decisions;
  for (const Job& job : result.plan->jobs) decisions[job.name] = job.decision;
  for (const LeftOutJob& job : result.plan->left_out) decisions[job.name] = job.decision;
  return decisions;
}

std::string detail_of(const Shared<Decision>& decision) {
  return decision->rules.empty() || decision->rules[0].clauses.empty() ? "" : decision->rules[0].clauses[0].detail;
}

TEST(Verdict, IsHeldTogetherByInstancesThatGiveTheSameAnswers) {
  auto decisions = decisions_of(
      "test:\n  script: a\n  rules: [{if: $CI}]\n  parallel: {matrix: [{PYTHON: [\"3.11\", \"3.12\"]}]}\n");
  ASSERT_EQ(decisions.size(), 2u);
  EXPECT_TRUE(decisions["test: [3.11]"].is(decisions["test: [3.12]"]));
  EXPECT_EQ(decisions["test: [3.11]"]->summary, "`rules[0]` holds: it runs when the jobs before it passed");
}

TEST(Verdict, IsAnInstancesOwnWhereARuleNamesAnAxis) {
  auto decisions = decisions_of(
      "test:\n  script: a\n  rules: [{if: $PYTHON == \"3.12\"}]\n  parallel: {matrix: [{PYTHON: [\"3.11\", \"3.12\", "
      "\"3.13\"]}]}\n");
  ASSERT_EQ(decisions.size(), 3u);
  EXPECT_EQ(decisions["test: [3.11]"]->summary, "no rule holds, so it is not part of the pipeline");
  EXPECT_EQ(detail_of(decisions["test: [3.11]"]), "PYTHON is \"3.11\"");
  EXPECT_TRUE(decisions["test: [3.12]"]->rules[0].matched);
  EXPECT_EQ(detail_of(decisions["test: [3.13]"]), "PYTHON is \"3.13\"");
}

TEST(Verdict, FollowsTheVariablesOfEachJobThatTakesTheSameRules) {
  auto decisions = decisions_of(
      ".base:\n  script: a\n  rules: [{if: $FLAG}]\n"
      "one: {extends: .base, variables: {FLAG: \"1\"}}\ntwo: {extends: .base}\n"
      "three: {extends: .base, variables: {FLAG: \"\"}}\nfour: {extends: .base, variables: {FLAG: \"1\"}}\n");
  EXPECT_TRUE(decisions["one"]->rules[0].matched);
  EXPECT_EQ(detail_of(decisions["two"]), "FLAG is not set");
  EXPECT_EQ(detail_of(decisions["three"]), "FLAG is \"\"");
  EXPECT_EQ(decisions["four"], decisions["one"]);
}

TEST(Verdict, FollowsTheJobsOwnWhen) {
  auto decisions = decisions_of(
      ".base:\n  script: a\n  rules: [{if: $CI}]\none: {extends: .base}\ntwo: {extends: .base, when: always}\n");
  EXPECT_EQ(decisions["one"]->summary, "`rules[0]` holds: it runs when the jobs before it passed");
  EXPECT_EQ(decisions["two"]->summary, "`rules[0]` holds: it runs whatever became of the jobs before it");
}

TEST(Verdict, FollowsTheVariablesInPatternsOfPaths) {
  auto decisions = decisions_of(
      ".base:\n  script: a\n  rules: [{exists: [\"$NAME.yml\"]}]\n"
      "one: {extends: .base, variables: {NAME: .gitlab-ci}}\ntwo: {extends: .base, variables: {NAME: none}}\n");
  EXPECT_TRUE(decisions["one"]->rules[0].matched);
  EXPECT_FALSE(decisions["two"]->rules[0].matched);
}

}  // namespace
}  // namespace penstock::gitlab
