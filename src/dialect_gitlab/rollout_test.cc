#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "dialect_gitlab/gitlab.h"
#include "dialect_gitlab/testing/memory_sources.h"

namespace penstock::gitlab {
namespace {

const std::vector<DeclaredEnvironment> kDeclared = {{"staging", "staging", "https://staging.example", true},
                                                    {"production", "production", "", true},
                                                    {"review/*", "development", "", false}};

CompileResult compiled(const std::string& text, bool own = true,
                       std::optional<std::vector<DeclaredEnvironment>> environments = kDeclared) {
  MemorySources sources;
  CompileRequest request;
  request.path = own ? ".ci/main.yml" : ".gitlab-ci.yml";
  request.own_keywords = own;
  request.environments = std::move(environments);
  request.predefined = {{"CI_COMMIT_REF_SLUG", "cart"}};
  sources.files[request.path] = text;
  return GitLabDialect().compile(request, sources);
}

std::string shown(const CompileResult& result) { return render(result.diagnostics, {}); }

Job job_of(const CompileResult& result) {
  EXPECT_TRUE(result.plan.has_value()) << shown(result);
  return result.plan ? result.plan->jobs.front() : Job();
}

TEST(Rollout, IsAJobWithoutScriptInItsEnvironment) {
  const Job job = job_of(compiled("ship: {rollout: staging, when: manual}"));
  ASSERT_TRUE(job.rollout.has_value());
  EXPECT_EQ(job.environment->name, "staging");
  EXPECT_EQ(job.environment->url, "https://staging.example");
  EXPECT_EQ(job.gate.kind, Gate::Kind::manual);
  EXPECT_TRUE(job.steps.empty());
}

TEST(Rollout, NamesItsArtifact) {
  const Job job =
      job_of(compiled("ship: {rollout: {environment: $WHERE, artifact: dist/*.whl}, variables: {WHERE: production}}"));
  EXPECT_EQ(job.rollout->artifact, "dist/*.whl");
  EXPECT_EQ(job.environment->name, "production");
}

TEST(Rollout, LeavesAsideTheDefaultsOfScripts) {
  const Job job =
      job_of(compiled("default: {before_script: [a], after_script: [b], image: c}\nship: {rollout: staging}"));
  EXPECT_TRUE(job.steps.empty());
  EXPECT_TRUE(job.after_steps.empty());
  EXPECT_FALSE(job.image.has_value());
}

TEST(Rollout, RefusesWhatBelongsToScripts) {
  const CompileResult result =
      compiled("ship: {rollout: staging, script: make, environment: staging, cache: {paths: [x]}}");
  ASSERT_EQ(result.diagnostics.size(), 3u) << shown(result);
  for (const Diagnostic& diagnostic : result.diagnostics) EXPECT_EQ(diagnostic.name, "conflicting-keywords");
}

TEST(Rollout, NamesOneEnvironmentForEachJob) {
  const auto names = [](const std::string& text) {
    std::vector<std::string> all;
    for (const Diagnostic& diagnostic : compiled(text).diagnostics) all.push_back(diagnostic.name);
    return all;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names("ship: {rollout: ''}"), Names{"missing-value"});
  EXPECT_EQ(names("ship: {rollout: staging, trigger: g/p}"), Names{"conflicting-keywords"});
  EXPECT_EQ(names("ship: {rollout: staging, parallel: 2}"), Names{"conflicting-keywords"});
  EXPECT_EQ(names("ship: {rollout: $WHERE, parallel: {matrix: [{WHERE: [staging, production]}]}}"), Names{});
}

TEST(Rollout, IsNoKeywordOfGitLabsFile) {
  const CompileResult result = compiled("ship: {rollout: staging}", false);
  ASSERT_EQ(result.diagnostics.size(), 1u) << shown(result);
  EXPECT_EQ(result.diagnostics[0].name, "unknown-keyword");
  EXPECT_NE(result.diagnostics[0].help.find("ci deploy"), std::string::npos);
}

TEST(Rollout, NeedsADeclaredTarget) {
  EXPECT_EQ(compiled("ship: {rollout: review/x}").diagnostics.at(0).name, "missing-target");
  EXPECT_EQ(compiled("ship: {rollout: staging}", true, std::nullopt).diagnostics.at(0).name, "no-environments");
}

TEST(DeclaredEnvironments, AreTheOnlyOnesWhereThereAreSome) {
  const CompileResult result = compiled("job: {script: a, environment: {name: prodution}}");
  ASSERT_EQ(result.diagnostics.size(), 1u);
  EXPECT_EQ(result.diagnostics[0].name, "unknown-environment");
  EXPECT_EQ(result.diagnostics[0].instead, "production");
  EXPECT_EQ(result.diagnostics[0].span.column, 38u) << shown(result);
  EXPECT_EQ(job_of(compiled("job: {script: a, environment: review/$CI_COMMIT_REF_SLUG}")).environment->tier,
            "development");
  EXPECT_TRUE(compiled("job: {script: a, environment: anything}", true, std::nullopt).plan.has_value());
}

}  // namespace
}  // namespace penstock::gitlab
