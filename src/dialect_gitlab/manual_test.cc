#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "dialect_gitlab/gitlab.h"
#include "dialect_gitlab/testing/memory_sources.h"

/// Rules that stand as a sentence in GitLab's documentation, keyword by keyword.
namespace penstock::gitlab {
namespace {

Plan plan_of(const std::string& text) {
  CompileResult result = compile_text(text);
  EXPECT_TRUE(result.plan.has_value()) << text << render(result.diagnostics, {});
  return result.plan.value_or(Plan());
}

Job job_of(const std::string& text) {
  const Plan plan = plan_of(text);
  const Job* job = find_job(plan, "job");
  EXPECT_NE(job, nullptr) << text;
  return job == nullptr ? Job() : *job;
}

/// `job` with a script and this after it.
std::string with(const std::string& rest) { return "job:\n  script: a\n" + rest; }

/// The names of what is wrong, or only to be warned of.
std::vector<std::string> told_of(const std::string& text) {
  std::vector<std::string> names;
  for (const Diagnostic& diagnostic : compile_text(text).diagnostics) names.push_back(diagnostic.name);
  return names;
}

std::string value_of(const Job& job, std::string_view name) {
  std::string value = "(not set)";
  for (const Variable& variable : job.variables) {
    if (variable.name == name) value = variable.value;
  }
  return value;
}

using Names = std::vector<std::string>;

TEST(Manual, LengthsOfTimeAreTextsAndMoreThanNothing) {
  EXPECT_EQ(job_of(with("  timeout: one hour\n")).timeout, std::chrono::hours(1));
  EXPECT_EQ(told_of(with("  timeout: 3600\n")), Names{"wrong-type"});
  EXPECT_EQ(told_of(with("  timeout: '0'\n")), Names{"invalid-duration"});
  EXPECT_EQ(told_of(with("  timeout: 2 months\n")), Names{"out-of-range"});
  EXPECT_EQ(told_of(with("  rules: [{if: $CI, when: delayed, start_in: 8 days}]\n")), Names{"out-of-range"});
  EXPECT_EQ(told_of(with("  environment: {name: e, auto_stop_in: soon}\n")), Names{"invalid-duration"});
  EXPECT_EQ(job_of(with("  environment: {name: e, auto_stop_in: never}\n")).environment->auto_stop_in, "never");
}

TEST(Manual, StartInStandsInTheRuleThatDelays) {
  EXPECT_EQ(told_of(with("  when: delayed\n  start_in: 1 day\n  rules: [{if: $CI}]\n")), Names{"conflicting-keywords"});
}

TEST(Manual, AWorkflowsRulesMaySayWhatHasNoEffect) {
  const std::string text = "workflow:\n  rules: [{when: always, allow_failure: true, needs: [], start_in: 5}]\n";
  EXPECT_EQ(told_of(text + with("")), (Names{"idle-keyword", "idle-keyword", "idle-keyword"}));
}

TEST(Manual, APipelinesNameHasNoBlanksAtItsEnds) {
  EXPECT_EQ(plan_of("workflow: {name: '  Branch $NONE '}\n" + with("")).name, "Branch");
}

TEST(Manual, TheTierMayComeFromAVariable) {
  const std::string text = "  environment: {name: e, deployment_tier: $T}\n  variables: ";
  EXPECT_EQ(value_of(job_of(with(text + "{T: staging}\n")), "CI_ENVIRONMENT_TIER"), "staging");
  EXPECT_EQ(told_of(with(text + "{T: qa}\n")), Names{"unknown-value"});
}

TEST(Manual, AStepsScriptMayBeAList) {
  const Job job = job_of("job:\n  run: [{name: s, script: [a, b]}]\n");
  EXPECT_EQ(std::get<ScriptStep>(job.steps.at(0)).lines, (Names{"a", "b"}));
}

TEST(Manual, ARulesVariablesAreTextsAlone) {
  EXPECT_EQ(told_of(with("  rules: [{variables: {A: {value: x, expand: false}}}]\n")), Names{"wrong-type"});
}

TEST(Manual, AnEmptyMappingOfVariablesLeavesTheDefaultOnesOut) {
  const std::string defaults = "variables: {A: x}\n";
  EXPECT_EQ(value_of(job_of(defaults + with("  variables: {}\n")), "A"), "(not set)");
  EXPECT_EQ(value_of(job_of(defaults + with("  variables:\n")), "A"), "x");
  EXPECT_EQ(value_of(job_of(defaults + ".b: {variables: {B: y}}\n" + with("  extends: .b\n  variables: {}\n")), "A"),
            "x");
}

TEST(Manual, ANeededInstanceIsNamedByAllItsValuesInOrder) {
  const std::string build = "a:\n  script: x\n  parallel: {matrix: [{P: aws, S: [m, n]}]}\n";
  const std::string need = "  needs: [{job: a, parallel: {matrix: [";
  EXPECT_EQ(job_of(build + with(need + "{P: aws, S: n}]}}]\n")).needs->at(0).job, "a: [aws, n]");
  EXPECT_EQ(told_of(build + with(need + "{S: n, P: aws}]}}]\n")), Names{"unknown-job"});
  EXPECT_EQ(told_of(build + with(need + "{P: aws}]}}]\n")), Names{"partial-matrix"});
}

TEST(Manual, AJobOfAnInstancesNameTakesItsPlace) {
  const std::string parallel = "job:\n  script: x\n  parallel: 2\n";
  for (const std::string& text : {parallel + "job 1/2: {script: own}\n", "job 2/2: {script: own}\n" + parallel}) {
    const Plan plan = plan_of(text);
    ASSERT_EQ(plan.jobs.size(), 2U);
    const bool later = text.starts_with("job:");
    EXPECT_EQ(std::get<ScriptStep>(find_job(plan, "job 1/2")->steps[0]).lines[0], later ? "own" : "x");
    EXPECT_EQ(std::get<ScriptStep>(find_job(plan, "job 2/2")->steps[0]).lines[0], "x");
  }
}

TEST(Manual, NamesAndListsHaveLimits) {
  const std::string long_name(129, 'a');
  EXPECT_EQ(told_of(long_name + ": {script: x}\n" + with("  needs: [" + long_name + "]\n")), Names{"too-long"});
  const std::string stage(256, 's');
  EXPECT_EQ(told_of("stages: [" + stage + "]\n" + with("  stage: " + stage + "\n")), Names{"too-long"});
  std::string tags;
  for (int i = 0; i < 50; ++i) tags += "t" + std::to_string(i) + ", ";
  EXPECT_EQ(told_of(with("  tags: [" + tags + "]\n")), Names{"too-many"});
  EXPECT_EQ(told_of(with("  tags: ruby\n")), Names{"wrong-type"});
  EXPECT_EQ(told_of(with("  resource_group: a:b\n")), Names{"invalid-name"});
  EXPECT_EQ(told_of(with("  resource_group: /a\n")), Names{"invalid-name"});
  EXPECT_EQ(job_of(with("  resource_group: a/${B}_1. c\n")).resource_group->name, "a/_1. c");
}

TEST(Manual, PathsAreComparedAsTheyAre) {
  MemorySources sources;
  sources.files = {{".gitlab-ci.yml", with("  rules: [{exists: [$P]}]\n") + "z: {script: x}\n"}, {"src/a.rb", ""}};
  const auto exists = [&](const std::string& path) {
    CompileRequest request;
    request.path = ".gitlab-ci.yml";
    request.pipeline_variables = {{"P", path}};
    return GitLabDialect().compile(request, sources).plan->jobs.size() == 2;
  };
  for (const char* path : {"src/a.rb", "src/", "src/*", "**/a.rb"}) EXPECT_TRUE(exists(path)) << path;
  for (const char* path : {"./src/a.rb", "/src/a.rb", "src//a.rb", "src", "*.rb"}) EXPECT_FALSE(exists(path)) << path;
}

TEST(Manual, PartsOfARuleThatSayNothingAreNotThere) {
  EXPECT_EQ(plan_of(with("  rules: [{changes: , exists: , when: always}]\n")).jobs.size(), 1U);
  EXPECT_EQ(told_of(with("  rules: [{changes: a}]\n")), Names{"wrong-type"});
  EXPECT_EQ(told_of(with("  rules: [{changes: {compare_to: main}}]\n")), Names{"missing-value"});
}

TEST(Manual, OptionsOfAnInputAreOfItsType) {
  const auto input = [](const std::string& says) { return "spec: {inputs: {i: {" + says + "}}}\n---\n" + with(""); };
  EXPECT_EQ(told_of(input("type: boolean, options: [true], default: true")), Names{"conflicting-keywords"});
  EXPECT_EQ(told_of(input("type: number, options: [1, b], default: 1")), Names{"input-type"});
  EXPECT_EQ(told_of(input("options: ['1', b], default: b")), Names{});
}

TEST(Manual, ExpandVarsLooksOnce) {
  const std::string header = "spec: {inputs: {i: {default: $A}}}\n---\n";
  CompileRequest request;
  request.path = ".gitlab-ci.yml";
  request.pipeline_variables = {{"A", "$B"}, {"B", "b"}};
  MemorySources sources;
  sources.files = {{request.path, header + "job: {script: 'echo $[[ inputs.i | expand_vars ]]'}\n"}};
  const CompileResult result = GitLabDialect().compile(request, sources);
  EXPECT_EQ(std::get<ScriptStep>(result.plan->jobs.at(0).steps[0]).lines[0], "echo $B");
}

TEST(Manual, BlocksOfInputsAreShort) {
  const std::string block = "$[[ inputs.i" + std::string(1100, ' ') + "]]";
  EXPECT_EQ(told_of("spec: {inputs: {i: {default: a}}}\n---\njob: {script: '" + block + "'}\n"), Names{"too-long"});
}

TEST(Manual, AnIncludedFileHoldsSomething) {
  MemorySources sources;
  sources.files = {{".gitlab-ci.yml", "include: a.yml\n" + with("")}, {"a.yml", "# nothing\n"}};
  CompileRequest request;
  request.path = ".gitlab-ci.yml";
  const CompileResult result = GitLabDialect().compile(request, sources);
  ASSERT_EQ(result.diagnostics.size(), 1U);
  EXPECT_EQ(result.diagnostics[0].name, "empty-file");
}

TEST(Manual, AMatrixHasNamesAndTexts) {
  EXPECT_EQ(told_of(with("  parallel: {matrix: [{A-B: [x]}]}\n")), Names{"invalid-name"});
  EXPECT_EQ(told_of(with("  parallel: {matrix: [{A: [[x]]}]}\n")), Names{"wrong-type"});
}

TEST(Manual, ACachesKeyHidesNoSlash) {
  for (const char* key : {"a/b", "a%2Fb", "a%2fb", "...", "'%2E%2e.'"})
    EXPECT_EQ(told_of(with("  cache: {paths: [p], key: " + std::string(key) + "}\n")), Names{"invalid-key"}) << key;
  EXPECT_EQ(told_of(with("  cache: {paths: [p], key: a.%2E-b%}\n")), Names{});
}

TEST(Manual, ATriggerStartsOnePipeline) {
  EXPECT_EQ(told_of("job: {trigger: {include: a.yml, project: g/p}}\n"), Names{"conflicting-keywords"});
  EXPECT_EQ(told_of("job: {trigger: {include: a.yml, branch: b}}\n"), Names{"conflicting-keywords"});
}

TEST(Manual, AClustersKeywordsAreKnown) {
  const std::string environment = "  environment: {name: e, kubernetes: ";
  EXPECT_EQ(told_of(with(environment + "{agent: 'p:a', dashboard: {namespace: n, flux_resource_path: f}}}\n")),
            Names{});
  EXPECT_EQ(told_of(with(environment + "{agnet: 'p:a'}}\n")), Names{"unknown-keyword"});
}

TEST(Manual, APatternOfRefsMayNameAProject) {
  const auto runs = [](const std::string& ref) {
    CompileRequest request;
    request.path = ".gitlab-ci.yml";
    request.predefined = push_variables();
    request.predefined.push_back({"CI_PROJECT_PATH", "group/proj", true});
    MemorySources sources;
    sources.files = {{request.path, with("  only: ['" + ref + "']\n") + "z: {script: x}\n"}};
    return GitLabDialect().compile(request, sources).plan->jobs.size() == 2;
  };
  for (const char* ref : {"/^ma/@group/proj", "main@group/proj", "branches@group/proj"}) EXPECT_TRUE(runs(ref)) << ref;
  for (const char* ref : {"/^ma/@other/proj", "main@group/prod"}) EXPECT_FALSE(runs(ref)) << ref;
}

TEST(Manual, OnlyWithoutRefsMeansBranchesAndTags) {
  const auto runs = [](const std::string& source) {
    CompileRequest request;
    request.path = ".gitlab-ci.yml";
    request.predefined = push_variables();
    request.predefined.push_back({"CI_PIPELINE_SOURCE", source, true});
    MemorySources sources;
    sources.files = {
        {request.path, with("  only: {variables: [$CI]}\n") + "z: {script: x, rules: [{when: always}]}\n"}};
    return GitLabDialect().compile(request, sources).plan->jobs.size() == 2;
  };
  EXPECT_TRUE(runs("schedule"));
  EXPECT_FALSE(runs("merge_request_event"));
}

TEST(Manual, WhatIsNoPatternIsATextToLookIn) {
  const std::string text = "  variables: {A: a, P: /a}\n  rules: [{if: $A =~ $P}]\n";
  EXPECT_EQ(plan_of(with(text)).jobs.size(), 1U);
}

TEST(Manual, TheJobThatDeploysPagesIsGitLabs) {
  EXPECT_EQ(told_of("'pages:deploy': {script: x, stage: deploy}\n"), Names{"reserved-name"});
  EXPECT_EQ(told_of("'pages:deploy': {script: x}\n"), Names{});
}

TEST(Manual, TextsAndListsAreWrittenAsSuch) {
  EXPECT_EQ(told_of(with("  artifacts: {paths: [1]}\n")), Names{"wrong-type"});
  EXPECT_EQ(told_of(with("  release: {tag_name: 1.0, description: d}\n")), Names{"wrong-type"});
  EXPECT_EQ(told_of(with("  only: main\n")), Names{"wrong-type"});
  EXPECT_EQ(told_of(with("  only: {changes: a}\n")), Names{"wrong-type"});
  EXPECT_EQ(told_of(with("  image: ''\n")), Names{"missing-value"});
  EXPECT_EQ(told_of("job: {trigger: {include: {}}}\n"), Names{"missing-value"});
  EXPECT_EQ(told_of(with("  services: [{name: ''}]\n")), Names{"missing-value"});
  EXPECT_EQ(told_of("variables: {A: {value: a, description: [b]}}\n" + with("")), Names{"wrong-type"});
  EXPECT_EQ(told_of("a: {script: x}\n" + with("  needs: [{job: a, parallel: {}}]\n")), Names{"missing-value"});
  EXPECT_EQ(told_of(with("  release: {tag_name: t, description: d, assets: {links: [{name: 1, url: u}]}}\n")),
            Names{"wrong-type"});
  EXPECT_EQ(told_of("job: {trigger: {project: a/b, inputs: [c]}}\n"), Names{"wrong-type"});
}

TEST(Manual, WhatPagesPublishIsAnArtifact) {
  EXPECT_EQ(job_of(with("  pages: true\n")).artifacts.paths, Names{"public"});
  EXPECT_EQ(job_of(with("  pages: {publish: $A/b, expire_in: $C}\n  artifacts: {paths: [o]}\n")).artifacts.paths,
            (Names{"o", "$A/b"}));
  EXPECT_EQ(find_job(plan_of("pages: {script: x}\n"), "pages")->artifacts.paths, Names{"public"});
  EXPECT_EQ(find_job(plan_of("pages: {script: x, pages: false}\n"), "pages")->artifacts.paths, Names{});
}

TEST(Manual, ExposedArtifactsAreNamedOneByOne) {
  EXPECT_EQ(told_of(with("  artifacts: {paths: [a], expose_as: My file_1}\n")), Names{});
  EXPECT_EQ(told_of(with("  artifacts: {untracked: true, expose_as: b}\n")), Names{"missing-value"});
  EXPECT_EQ(told_of(with("  artifacts: {paths: ['*.txt'], expose_as: b}\n")), Names{"exposed-pattern"});
  EXPECT_EQ(told_of(with("  artifacts: {paths: [a], expose_as: b/c}\n")), Names{"invalid-name"});
  EXPECT_EQ(told_of(with("  artifacts: {paths: [a], access: all, public: true}\n")), Names{"conflicting-keywords"});
}

TEST(Manual, NeedsOfElsewhereAreWhole) {
  const std::string need = "{project: g/p, job: j, ref: m}";
  EXPECT_EQ(told_of(with("  needs: [" + need + "]\n")), Names{});
  EXPECT_EQ(told_of(with("  needs: [{project: g/p, job: j}]\n")), Names{"missing-value"});
  std::string six;
  for (int i = 0; i < 6; ++i) six += need + ", ";
  EXPECT_EQ(told_of(with("  needs: [" + six + "]\n")), Names{"too-many"});
  EXPECT_EQ(told_of("job:\n  trigger: g/p\n  needs: [" + need + "]\n"), Names{"invalid-need"});
  EXPECT_EQ(told_of("job:\n  trigger: g/p\n  needs: [{pipeline: $P, job: j}]\n"), Names{"invalid-need"});
  EXPECT_EQ(told_of(with("  needs: [{pipeline: $CI_PIPELINE_ID, job: j}]\n")), Names{"invalid-need"});
}

}  // namespace
}  // namespace penstock::gitlab
