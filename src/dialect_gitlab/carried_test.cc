#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "dialect_gitlab/gitlab.h"
#include "dialect_gitlab/testing/memory_sources.h"

namespace penstock::gitlab {
namespace {

/// The job `job` with these lines below its name.
Job job_with(const std::string& lines) {
  CompileResult result = compile_text("job:\n" + lines);
  EXPECT_TRUE(result.plan.has_value()) << render(result.diagnostics, {});
  return result.plan && !result.plan->jobs.empty() ? result.plan->jobs[0] : Job();
}

std::string mistake_in(const std::string& lines) {
  CompileResult result = compile_text("job:\n" + lines);
  EXPECT_EQ(result.diagnostics.size(), 1u) << render(result.diagnostics, {});
  return result.diagnostics.empty() ? "" : result.diagnostics[0].message;
}

std::vector<std::string> lines_of(const Step& step) { return std::get<ScriptStep>(step).lines; }

TEST(Carried, KeywordsOfTheServerStandInThePlanAsTheyAre) {
  const Job job = job_with(
      "  script: a\n  release: {tag_name: v1, description: d}\n  pages: true\n  dast_configuration: {site_profile: s}\n"
      "  identity: google_cloud\n");
  EXPECT_EQ(job.carried.at("release"), R"({"tag_name":"v1","description":"d"})");
  EXPECT_EQ(job.carried.at("pages"), "true");
  EXPECT_EQ(job.carried.at("dast_configuration"), R"({"site_profile":"s"})");
  EXPECT_EQ(job.carried.at("identity"), R"("google_cloud")");
  EXPECT_EQ(job.unmet, "");
}

TEST(Carried, AssetsOfAReleaseAreLinks) {
  const std::string release = "  script: a\n  release: {tag_name: v1, description: d, assets: ";
  EXPECT_EQ(mistake_in(release + "{}}\n"), "`assets` has no `links`");
  EXPECT_EQ(mistake_in(release + "{links: []}}\n"), "`links` is empty");
}

TEST(Carried, AMirrorOfAnotherProjectsPipelineNeedsNoScript) {
  for (const char* needs : {"  needs: {pipeline: a/b}\n", "  needs: [{pipeline: a/b}]\n"}) {
    const Job job = job_with(needs);
    EXPECT_EQ(job.carried.at("needs"), R"([{"pipeline":"a/b"}])");
    EXPECT_NE(job.unmet, "");
  }
}

TEST(Carried, SecretsAndTokensAreAskedForByName) {
  const Job job = job_with(
      "  script: a\n  secrets: {PASSWORD: {vault: a/b/c@kv}, KEY: {azure_key_vault: {name: n}, file: false}}\n"
      "  id_tokens: {TOKEN: {aud: x}}\n");
  std::vector<std::string> asked;
  for (const Variable& variable : job.variables) {
    if (variable.secret) asked.push_back(variable.name + (variable.file ? " as a file" : ""));
  }
  EXPECT_EQ(asked, (std::vector<std::string>{"PASSWORD as a file", "KEY", "TOKEN"}));
  EXPECT_EQ(job.carried.count("secrets"), 1u);
}

TEST(Carried, WhatIsMissingInASecretIsAMistake) {
  EXPECT_EQ(mistake_in("  script: a\n  secrets: {A: {token: $T}}\n"), "secret `A` names no provider");
  EXPECT_EQ(mistake_in("  script: a\n  secrets: {A: {vault: {path: p, field: f}}}\n"), "`vault` has no `engine`");
  EXPECT_EQ(mistake_in("  script: a\n  id_tokens: {A: {aud: x, sub: y}}\n"), "`sub` is not a keyword of id token `A`");
}

TEST(Carried, AHookIsTheJobsFirstShell) {
  const Job job = job_with("  script: b\n  hooks: {pre_get_sources_script: [a]}\n");
  ASSERT_EQ(job.steps.size(), 2u);
  EXPECT_EQ(lines_of(job.steps[0]), std::vector<std::string>{"a"});
  EXPECT_EQ(lines_of(job.steps[1]), std::vector<std::string>{"b"});
}

TEST(Run, StepsThatAreScriptsRunEachInAShellOfItsOwn) {
  const Job job = job_with("  run:\n    - {name: one, script: a, env: {WHO: it's me}}\n    - {name: two, script: b}\n");
  ASSERT_EQ(job.steps.size(), 2u);
  EXPECT_EQ(lines_of(job.steps[0]), (std::vector<std::string>{"export WHO='it'\\''s me'", "a"}));
  EXPECT_EQ(lines_of(job.steps[1]), std::vector<std::string>{"b"});
}

TEST(Run, AStepFunctionIsSaidToBeOutOfReach) {
  const Job job = job_with("  run:\n    - {name: one, step: ./steps/a}\n");
  EXPECT_NE(job.unmet.find("`one` is a step function"), std::string::npos);
  EXPECT_EQ(mistake_in("  run:\n    - {name: one}\n"), "a step of `run` needs either a `script` or a `step`");
  EXPECT_EQ(mistake_in("  script: a\n  run: [{name: one, script: b}]\n"), "`script` can't stand beside `run`");
}

TEST(Trigger, OfAnotherProjectIsSaidToBeOutOfReach) {
  const Job job = job_with("  trigger: group/project\n");
  EXPECT_EQ(job.unmet, "it starts a pipeline of another project, which takes a server");
  EXPECT_EQ(job.carried.at("trigger"), R"("group/project")");
  EXPECT_FALSE(job.trigger);
}

TEST(Trigger, MakesAChildOfItsFilesWithTheJobsVariables) {
  const Job job = job_with(
      "  variables: {A: $B}\n"
      "  trigger:\n"
      "    include: [{local: a.yml}, {artifact: out/b.yml, job: make, inputs: {x: [1]}}]\n"
      "    strategy: depend\n"
      "    inputs: {y: text}\n");
  ASSERT_TRUE(job.trigger);
  EXPECT_EQ(job.unmet, "");
  EXPECT_EQ(job.trigger->name, "a.yml");
  EXPECT_EQ(job.trigger->source,
            R"({"include":[{"local":"a.yml","inputs":{"y":"text"}},{"local":"out/b.yml","inputs":{"x":[1]}}]})");
  EXPECT_EQ(job.trigger->made, (std::vector<MadeSource>{{"make", "out/b.yml"}}));
  EXPECT_TRUE(job.trigger->waits);
  EXPECT_FALSE(job.trigger->forwards);
  ASSERT_EQ(job.trigger->variables.size(), 1u);
  EXPECT_EQ(job.trigger->variables[0].value, "$B");
}

TEST(Trigger, SaysWhatIsForwarded) {
  const Job job = job_with(
      "  variables: {A: a}\n"
      "  trigger: {include: a.yml, forward: {yaml_variables: false, pipeline_variables: true}}\n");
  EXPECT_TRUE(job.trigger->variables.empty());
  EXPECT_TRUE(job.trigger->forwards);
  EXPECT_FALSE(job.trigger->waits);
}

TEST(Trigger, NeedsOfItsFamilyAreKept) {
  const Job job = job_with("  script: a\n  variables: {UP: '7'}\n  needs: [{pipeline: $UP, job: make}]\n");
  EXPECT_EQ(job.family_needs, (std::vector<FamilyNeed>{{"7", "make", false}}));
  EXPECT_EQ(job.unmet, "");
}

TEST(Trigger, IsChecked) {
  EXPECT_EQ(mistake_in("  trigger: group\n"), "`group` is no project's path");
  EXPECT_EQ(mistake_in("  trigger: {include: [{artifact: a.yml}]}\n"), "`artifact` needs the `job` that makes it");
}

TEST(Defaults, AreCheckedAlsoWhereNoJobTakesThem) {
  const CompileResult result = compile_text("default: {retry: 9}\njob:\n  script: a\n  retry: 1\n");
  ASSERT_EQ(result.diagnostics.size(), 1u) << render(result.diagnostics, {});
  EXPECT_EQ(result.diagnostics[0].message, "`retry` must be between 0 and 2");
}

}  // namespace
}  // namespace penstock::gitlab
