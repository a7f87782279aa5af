#include "intake/intake.h"

#include <gtest/gtest.h>

#include "git/testing/scratch_repository.h"

namespace penstock {
namespace {

constexpr const char* kJob = "job:\n  script: make\n";

Result<Compiled> compile(const git::ScratchRepository& scratch, IntakeOptions options = {}) {
  Result<git::Repository> repository = git::Repository::open(scratch.path());
  if (!repository.ok()) return repository.error();
  return compile_pipeline(*repository, options);
}

std::string value_of(const Variables& variables, std::string_view name) {
  for (const Variable& variable : variables) {
    if (variable.name == name) return variable.value;
  }
  return "(not set)";
}

std::vector<std::string> jobs_of(const Result<Compiled>& compiled) {
  std::vector<std::string> names;
  if (!compiled.ok()) return {compiled.error().message};
  if (!compiled->plan) return {render(compiled->diagnostics, {})};
  for (const Job& job : compiled->plan->jobs) names.push_back(job.name);
  return names;
}

using Names = std::vector<std::string>;

TEST(Intake, PicksMainOfCiBeforeGitLabsFile) {
  git::ScratchRepository scratch;
  scratch.write(".gitlab-ci.yml", kJob);
  scratch.commit();
  EXPECT_EQ(compile(scratch)->path, ".gitlab-ci.yml");
  scratch.write(".ci/main.yml", kJob);
  scratch.commit();
  EXPECT_EQ(compile(scratch)->path, ".ci/main.yml");
  EXPECT_EQ(compile(scratch)->name, "main");
}

TEST(Intake, FindsAPipelineByNameOrPath) {
  git::ScratchRepository scratch;
  scratch.write(".ci/release.yml", kJob);
  scratch.write("deep/pipeline.yml", kJob);
  scratch.commit();
  EXPECT_EQ(compile(scratch, {.pipeline = "release"})->path, ".ci/release.yml");
  EXPECT_EQ(compile(scratch, {.pipeline = "./deep/pipeline.yml"})->path, "deep/pipeline.yml");
}

TEST(Intake, SuggestsANearNameForAnUnknownOne) {
  git::ScratchRepository scratch;
  scratch.write(".ci/release.yml", kJob);
  scratch.write(".ci/environments.yml", "{}");
  scratch.commit();
  EXPECT_EQ(compile(scratch, {.pipeline = "relaese"}).error().help, "did you mean `release`?");
  EXPECT_EQ(compile(scratch, {.pipeline = "deploy"}).error().help, "pipelines here: `release`");
  EXPECT_NE(compile(scratch, {.pipeline = "environments"}).error().message.find("reserved"), std::string::npos);
  EXPECT_EQ(compile(scratch).error().fault, Fault::user);
  EXPECT_EQ(compile(scratch).error().help, "name one with `--pipeline`: `release`");
}

TEST(Intake, NamesDialectsThatAreNotBuiltYet) {
  git::ScratchRepository scratch;
  scratch.write("Jenkinsfile", "pipeline {}");
  scratch.commit();
  EXPECT_NE(compile(scratch).error().message.find("Jenkins"), std::string::npos);
  scratch.write(".github/workflows/test.yml", "on: push");
  scratch.commit();
  EXPECT_NE(compile(scratch).error().message.find("GitHub"), std::string::npos);
}

TEST(Intake, ReadsTheCommitUnlessToldToReadTheWorkTree) {
  git::ScratchRepository scratch;
  scratch.write(".gitlab-ci.yml", kJob);
  scratch.commit();
  scratch.write(".gitlab-ci.yml", "include: /*.yaml\nchanged:\n  script: make\n");
  scratch.write("untracked.yaml", "untracked:\n  script: make\n");
  EXPECT_EQ(jobs_of(compile(scratch)), Names{"job"});
  EXPECT_EQ(jobs_of(compile(scratch, {.worktree = true})), (Names{"untracked", "changed"}));
}

TEST(Intake, GivesTheVariablesOfAPush) {
  git::ScratchRepository scratch;
  scratch.write(".gitlab-ci.yml", kJob);
  scratch.git({"remote", "add", "origin", "https://ada:token@gitlab.example.com/group/sub/app.git"});
  std::string id = scratch.commit("Add a job\n\nIt makes.");
  scratch.git({"checkout", "-q", "-b", "Feature/One"});
  Result<Compiled> compiled = compile(scratch, {.environment = {{"USER", "ada"}}});
  ASSERT_TRUE(compiled.ok()) << compiled.error().message;
  const Variables& variables = compiled->plan->variables;
  EXPECT_EQ(value_of(variables, "CI"), "true");
  EXPECT_EQ(value_of(variables, "CI_COMMIT_SHA"), id);
  EXPECT_EQ(value_of(variables, "CI_COMMIT_SHORT_SHA"), id.substr(0, 8));
  EXPECT_EQ(value_of(variables, "CI_COMMIT_BRANCH"), "Feature/One");
  EXPECT_EQ(value_of(variables, "CI_COMMIT_REF_SLUG"), "feature-one");
  EXPECT_EQ(value_of(variables, "CI_COMMIT_TITLE"), "Add a job");
  EXPECT_EQ(value_of(variables, "CI_COMMIT_DESCRIPTION"), "It makes.");
  EXPECT_EQ(value_of(variables, "CI_COMMIT_AUTHOR"), "Ada Test <ada@example.com>");
  EXPECT_EQ(value_of(variables, "CI_COMMIT_TAG"), "(not set)");
  EXPECT_EQ(value_of(variables, "CI_DEFAULT_BRANCH"), "main");
  EXPECT_EQ(value_of(variables, "CI_PIPELINE_SOURCE"), "push");
  EXPECT_EQ(value_of(variables, "CI_PROJECT_PATH"), "group/sub/app");
  EXPECT_EQ(value_of(variables, "CI_PROJECT_ROOT_NAMESPACE"), "group");
  EXPECT_EQ(value_of(variables, "CI_PROJECT_URL"), "https://gitlab.example.com/group/sub/app");
  EXPECT_EQ(value_of(variables, "CI_REPOSITORY_URL"), "https://gitlab.example.com/group/sub/app.git");
  EXPECT_EQ(value_of(variables, "GITLAB_USER_LOGIN"), "ada");
}

TEST(Intake, ACheckedOutTagMakesATagPipeline) {
  git::ScratchRepository scratch;
  scratch.write(".gitlab-ci.yml", kJob);
  scratch.commit();
  scratch.git({"tag", "v1.0"});
  scratch.git({"checkout", "-q", "v1.0"});
  Result<Compiled> compiled = compile(scratch);
  EXPECT_EQ(value_of(compiled->plan->variables, "CI_COMMIT_TAG"), "v1.0");
  EXPECT_EQ(value_of(compiled->plan->variables, "CI_COMMIT_REF_NAME"), "v1.0");
  EXPECT_EQ(value_of(compiled->plan->variables, "CI_COMMIT_BRANCH"), "(not set)");
}

constexpr const char* kChanges =
    "one:\n  script: make\n  rules: [{changes: [one]}]\n"
    "two:\n  script: make\n  rules: [{changes: [two]}]\n"
    "always:\n  script: make\n";

TEST(Intake, ComparesABranchWithWhatWouldBePushed) {
  git::ScratchRepository scratch;
  scratch.write(".gitlab-ci.yml", kChanges);
  scratch.commit();
  EXPECT_EQ(jobs_of(compile(scratch)), (Names{"one", "two", "always"})) << "a first commit has nothing to compare with";
  scratch.git({"checkout", "-q", "-b", "feature"});
  scratch.write("one", "1");
  scratch.commit();
  scratch.write("other", "1");
  scratch.commit();
  EXPECT_EQ(jobs_of(compile(scratch)), (Names{"one", "always"}))
      << "a branch without upstream: since it left the default branch";
  scratch.git({"update-ref", "refs/remotes/origin/feature", "HEAD"});
  scratch.git({"config", "branch.feature.remote", "origin"});
  scratch.git({"config", "branch.feature.merge", "refs/heads/feature"});
  scratch.write("two", "1");
  scratch.commit();
  EXPECT_EQ(jobs_of(compile(scratch)), (Names{"two", "always"}))
      << "a branch with an upstream: what a push would bring";
  scratch.git({"update-ref", "refs/remotes/origin/feature", "HEAD"});
  EXPECT_EQ(jobs_of(compile(scratch)), (Names{"two", "always"})) << "all is pushed: the last commit";
  scratch.write("one", "2");
  EXPECT_EQ(jobs_of(compile(scratch, {.worktree = true})), (Names{"one", "two", "always"}))
      << "and what is not committed";
}

TEST(Intake, ChecksTheEnvironmentsOfTheSameCommit) {
  git::ScratchRepository scratch;
  scratch.write(".ci/main.yml", "job: {script: make, environment: stagng}\n");
  scratch.write(".ci/environments.yml", "staging: {}\n");
  scratch.commit();
  Result<Compiled> compiled = compile(scratch);
  ASSERT_TRUE(compiled.ok());
  ASSERT_EQ(compiled->diagnostics.size(), 1u);
  EXPECT_EQ(compiled->diagnostics[0].instead, "staging");

  scratch.write(".ci/environments.yml", "staging: {teir: production}\n");
  scratch.commit();
  compiled = compile(scratch);
  ASSERT_EQ(compiled->diagnostics.size(), 1u);
  EXPECT_EQ(compiled->diagnostics[0].instead, "tier");
  EXPECT_FALSE(compiled->plan.has_value());
}

}  // namespace
}  // namespace penstock
