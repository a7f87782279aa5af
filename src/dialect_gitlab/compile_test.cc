#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "dialect_gitlab/gitlab.h"
#include "dialect_gitlab/testing/memory_sources.h"

namespace penstock::gitlab {
namespace {

/// The plan of a text that must compile.
Plan plan_of(const std::string& text) {
  CompileResult result = compile_text(text);
  EXPECT_TRUE(result.plan.has_value()) << render(result.diagnostics, {});
  return result.plan.value_or(Plan());
}

Job job_of(const std::string& text) {
  Plan plan = plan_of(text);
  const Job* job = find_job(plan, "job");
  EXPECT_NE(job, nullptr);
  return job == nullptr ? Job() : *job;
}

/// The one mistake of a text, by name.
std::string mistake_of(const std::string& text) {
  CompileResult result = compile_text(text);
  EXPECT_EQ(result.diagnostics.size(), 1u) << render(result.diagnostics, {});
  return result.diagnostics.empty() ? "" : result.diagnostics.front().name;
}

std::string value_of(const Job& job, std::string_view name) {
  std::string value = "(not set)";
  for (const Variable& variable : job.variables) {
    if (variable.name == name) value = variable.value;
  }
  return value;
}

std::vector<std::string> names_of(const Plan& plan) {
  std::vector<std::string> names;
  for (const Job& job : plan.jobs) names.push_back(job.name);
  return names;
}

using Names = std::vector<std::string>;

TEST(AllowFailure, IsTheDefaultOfManualJobsOutsideRulesOnly) {
  EXPECT_TRUE(job_of("job:\n  script: a\n  when: manual\n").allow_failure.always);
  EXPECT_FALSE(job_of("job:\n  script: a\n  rules: [{when: manual}]\n").allow_failure.always);
  EXPECT_FALSE(job_of("job:\n  script: a\n  when: manual\n  allow_failure: false\n").allow_failure.always);
  EXPECT_TRUE(job_of("job:\n  script: a\n  when: manual\n  rules: [{if: $CI}]\n").allow_failure.always);
  EXPECT_FALSE(job_of("job:\n  script: a\n  when: manual\n  rules: [{allow_failure: false}]\n").allow_failure.always);
  EXPECT_TRUE(job_of("job:\n  script: a\n  allow_failure: true\n  rules: [{when: manual}]\n").allow_failure.always);
}

TEST(Rules, WithoutWhenTakeTheJobsOwn) {
  EXPECT_EQ(job_of("job:\n  script: a\n  when: always\n  rules: [{if: $CI}]\n").condition, Condition::always);
  EXPECT_EQ(job_of("job:\n  script: a\n  when: always\n  rules: [{if: $CI, when: on_failure}]\n").condition,
            Condition::on_failure);
}

TEST(Rules, TheFirstThatHoldsDecides) {
  Plan plan = plan_of(
      "job:\n  script: a\n  rules:\n    - {if: $NOPE, when: never}\n    - {if: $CI, when: always}\n    - when: "
      "never\n");
  ASSERT_EQ(plan.jobs.size(), 1u);
  EXPECT_EQ(plan.jobs[0].decision->rules.size(), 2u);
  EXPECT_EQ(plan.jobs[0].decision->summary, "`rules[1]` holds: it runs whatever became of the jobs before it");
}

TEST(Rules, MayReplaceNeeds) {
  Plan plan = plan_of(
      "a:\n  stage: build\n  script: a\nb:\n  stage: build\n  script: b\n"
      "job:\n  script: a\n  needs: [a]\n  rules: [{if: $CI, needs: [b]}]\n");
  EXPECT_EQ(find_job(plan, "job")->needs->front().job, "b");
}

TEST(Rules, SeeTheVariablesOfAMatrix) {
  Plan plan =
      plan_of("job:\n  script: a\n  parallel: {matrix: [{OS: [linux, mac]}]}\n  rules: [{if: $OS == \"mac\"}]\n");
  EXPECT_EQ(names_of(plan), Names{"job: [mac]"});
  ASSERT_EQ(plan.left_out.size(), 1u);
  EXPECT_EQ(plan.left_out[0].name, "job: [linux]");
  EXPECT_EQ(plan.left_out[0].group, "job");
}

TEST(Rules, OfAnEmptyListAreAMistake) { EXPECT_EQ(mistake_of("job:\n  script: a\n  rules: []\n"), "rules-blank"); }

TEST(Variables, HoldInGitLabsOrder) {
  Job job = job_of(
      "variables: {A: top, B: top, C: top, D: top}\nworkflow:\n  rules: [{if: $CI, variables: {B: workflow, C: "
      "workflow, D: workflow}}]\n"
      "job:\n  script: a\n  variables: {C: job, D: job}\n  rules: [{if: $CI, variables: {D: rule}}]\n");
  EXPECT_EQ(value_of(job, "A") + value_of(job, "B") + value_of(job, "C") + value_of(job, "D"), "topworkflowjobrule");
}

TEST(Variables, AreInheritedAsTheJobSays) {
  const std::string top = "variables: {A: a, B: b}\njob:\n  script: a\n  inherit: {variables: ";
  EXPECT_EQ(value_of(job_of(top + "false}\n"), "A"), "(not set)");
  EXPECT_EQ(value_of(job_of(top + "[B]}\n"), "A"), "(not set)");
  EXPECT_EQ(value_of(job_of(top + "[B]}\n"), "B"), "b");
}

TEST(Default, IsCopiedWholeWhereTheJobSaysNothing) {
  const std::string top = "default:\n  image: base\n  tags: [a]\n  retry: 2\n";
  Job job = job_of(top + "job:\n  script: a\n  image: own\n  inherit: {default: [image, tags]}\n");
  EXPECT_EQ(job.image->name, "own");
  EXPECT_EQ(job.tags, Names{"a"});
  EXPECT_EQ(job.retry.max, 0);
  EXPECT_FALSE(job_of(top + "job:\n  script: a\n  inherit: {default: false}\n").image.has_value());
  const CompileResult wrong = compile_text("job:\n  script: a\n  inherit: {default: [tags, secrets]}\n");
  ASSERT_EQ(wrong.diagnostics.size(), 1u);
  EXPECT_EQ(wrong.diagnostics[0].message, "`secrets` is nothing that `default` can hold");
}

TEST(Needs, OnAGroupMeanAllItsInstances) {
  Plan plan = plan_of("a:\n  stage: build\n  script: a\n  parallel: 3\njob:\n  script: a\n  needs: [a]\n");
  EXPECT_EQ(names_of(plan), (Names{"a 1/3", "a 2/3", "a 3/3", "job"}));
  EXPECT_EQ(find_job(plan, "job")->needs->size(), 3u);
}

TEST(Needs, OnAMatrixMayPickInstances) {
  Plan plan = plan_of(
      "a:\n  stage: build\n  script: a\n  parallel: {matrix: [{X: [1, 2], Y: [a, b]}]}\n"
      "job:\n  script: a\n  needs: [{job: a, parallel: {matrix: [{X: 2}]}}]\n");
  const std::vector<Need> needs = *find_job(plan, "job")->needs;
  ASSERT_EQ(needs.size(), 2u);
  EXPECT_EQ(needs[0].job, "a: [2, a]");
  EXPECT_EQ(needs[1].job, "a: [2, b]");
}

TEST(Needs, ThatAreOptionalMayBeMissing) {
  Job job = job_of("job:\n  script: a\n  needs: [{job: nobody, optional: true}]\n");
  ASSERT_TRUE(job.needs.has_value());
  EXPECT_TRUE(job.needs->empty());
}

TEST(Needs, OnALaterStageAreAMistake) {
  EXPECT_EQ(mistake_of("later:\n  stage: deploy\n  script: a\njob:\n  script: a\n  needs: [later]\n"),
            "need-in-later-stage");
}

TEST(Artifacts, ComeFromNeedsThatWantThem) {
  const std::string jobs = "a:\n  stage: build\n  script: a\nb:\n  stage: build\n  script: b\n";
  EXPECT_EQ(
      find_job(plan_of(jobs + "job:\n  script: a\n  needs: [a, {job: b, artifacts: false}]\n"), "job")->artifacts_from,
      Names{"a"});
  EXPECT_EQ(find_job(plan_of(jobs + "job:\n  script: a\n  dependencies: [b]\n"), "job")->artifacts_from, Names{"b"});
  EXPECT_EQ(find_job(plan_of(jobs + "job:\n  script: a\n"), "job")->artifacts_from, std::nullopt);
  EXPECT_EQ(find_job(plan_of(jobs + "job:\n  script: a\n  needs: []\n  dependencies: [a]\n"), "job")->artifacts_from,
            Names{});
}

TEST(Stages, OrderTheJobsAndHaveTheirEdges) {
  Plan plan = plan_of(
      "stages: [one, two]\nz:\n  stage: .post\n  script: a\nb:\n  stage: two\n  script: a\na:\n  stage: one\n  script: "
      "a\ny:\n  stage: .pre\n  script: a\n");
  EXPECT_EQ(names_of(plan), (Names{"y", "a", "b", "z"}));
  EXPECT_EQ(plan.stages, (Names{".pre", "one", "two", ".post"}));
}

TEST(Environment, IsExpandedOnGitLabsSide) {
  Job job = job_of(
      "job:\n  script: a\n  variables: {WHERE: eu}\n  environment: {name: prod/$WHERE/$CI_COMMIT_REF_NAME, url: "
      "https://$HOST}\n");
  EXPECT_EQ(job.environment->name, "prod/eu/main");
  EXPECT_EQ(job.environment->tier, "production");
  EXPECT_EQ(job.environment->url, "https://$HOST");
  EXPECT_EQ(mistake_of("job:\n  script: a\n  environment: $NOPE\n"), "invalid-name");
}

TEST(Secrets, AreNeverExpandedOrCompared) {
  MemorySources sources;
  sources.files[".gitlab-ci.yml"] =
      "job:\n  script: a\n  tags: [$TOKEN]\n  rules: [{if: $TOKEN}]\nother:\n  script: a\n  rules: [{if: $TOKEN == "
      "\"x\"}]\n";
  CompileRequest request;
  request.path = ".gitlab-ci.yml";
  request.pipeline_variables = {{"TOKEN", "", false, false, true}};
  CompileResult result = GitLabDialect().compile(request, sources);
  ASSERT_EQ(result.diagnostics.size(), 1u);
  EXPECT_EQ(result.diagnostics[0].name, "undecidable-condition");
}

TEST(Changes, AreAskedForOnceAndOnlyWhereARuleNeedsThem) {
  MemorySources sources;
  sources.changed = {"a"};
  sources.files[".gitlab-ci.yml"] = "one:\n  script: a\n  rules: [{if: $NOPE, changes: [a]}]\njob:\n  script: a\n";
  CompileRequest request;
  request.path = ".gitlab-ci.yml";
  EXPECT_TRUE(GitLabDialect().compile(request, sources).plan.has_value());
  EXPECT_EQ(sources.asked_for_changes, 0);
  sources.files[".gitlab-ci.yml"] =
      "one:\n  script: a\n  rules: [{changes: [a]}]\ntwo:\n  script: a\n  rules: [{changes: [b]}]\n";
  EXPECT_EQ(GitLabDialect().compile(request, sources).plan->jobs.size(), 1u);
  EXPECT_EQ(sources.asked_for_changes, 1);
}

std::vector<std::string> mistakes_of(const std::string& text) {
  std::vector<std::string> messages;
  for (const Diagnostic& one : compile_text(text).diagnostics) messages.push_back(one.message);
  return messages;
}

TEST(Trigger, RunsNothingItself) {
  EXPECT_EQ(mistakes_of("j: {trigger: a/b, script: x}\n"), Names{"`script` has no effect beside `trigger`"});
  EXPECT_EQ(mistakes_of("j: {trigger: a/b, image: x}\n"), Names{"`image` has no effect beside `trigger`"});
  EXPECT_EQ(mistakes_of(
                "default: {image: x, tags: [y]}\nj: {trigger: a/b, stage: test, variables: {A: b}, environment: e}\n"),
            Names{});
}

TEST(Environment, IsStoppedByAJobOfItsOwn) {
  const std::string start = "a: {script: a, environment: {name: x, on_stop: b}}\n";
  EXPECT_EQ(mistakes_of(start + "b: {script: b, environment: {name: x, action: stop}}\n"), Names{});
  EXPECT_EQ(mistakes_of(start), Names{"`on_stop` of job `a` names `b`, which doesn't exist"});
  EXPECT_EQ(mistakes_of(start + "b: {script: b}\n"), Names{"`on_stop` names `b`, which has no `environment`"});
  EXPECT_EQ(mistakes_of(start + "b: {script: b, environment: {name: y, action: stop}}\n"),
            Names{"`on_stop` names `b`, which has another environment, `y`"});
  EXPECT_EQ(mistakes_of(start + "b: {script: b, environment: x}\n"),
            Names{"`on_stop` names `b`, which doesn't say `action: stop`"});
}

TEST(Stage, WasCalledTypeOnce) {
  EXPECT_EQ(job_of("job: {script: a, type: deploy}\n").stage, "deploy");
  EXPECT_EQ(job_of("job: {script: a, stage: build, type: deploy}\n").stage, "build");
  EXPECT_EQ(mistakes_of("j: {script: a, type: deploy}\n"), Names{"GitLab has no `type` any more"});
}

TEST(References, ThatLeadNowhereAreToldOnce) {
  EXPECT_EQ(mistakes_of("j: {script: !reference [.x, script]}\n"),
            Names{"`!reference` names `.x`, which doesn't exist"});
  EXPECT_EQ(mistakes_of("j: {script: }\n"), Names{"`script` is empty"});
}

/// `count` sections that each refer to the one before, as `form` says it; the first is `.r1`.
std::vector<std::string> chain(int count, const std::string& before, const std::string& after) {
  std::vector<std::string> sections = {".r0: {script: [make]}\n"};
  for (int i = 1; i <= count; ++i) {
    sections.push_back(".r" + std::to_string(i) + ": {script: " + before + "!reference [.r" + std::to_string(i - 1) +
                       ", script]" + after + "}\n");
  }
  sections.back().replace(0, sections.back().find(':'), "job");
  return sections;
}

Names mistakes_of_chain(std::vector<std::string> sections, bool backwards) {
  if (backwards) std::reverse(sections.begin(), sections.end());
  std::string text;
  for (const std::string& section : sections) text += section;
  return mistakes_of(text);
}

TEST(References, AreNestedTenLevelsDeepWhateverTheOrder) {
  for (const bool backwards : {false, true}) {
    EXPECT_EQ(mistakes_of_chain(chain(10, "", ""), backwards), Names{});
    for (const int count : {11, 12, 40}) {
      EXPECT_EQ(mistakes_of_chain(chain(count, "", ""), backwards),
                Names(static_cast<size_t>(count) / 11, "`!reference` is nested more than 10 levels deep"));
    }
    // GitLab counts the lists, of which that of the job is one.
    EXPECT_EQ(mistakes_of_chain(chain(9, "[", "]"), backwards), Names{});
    EXPECT_EQ(mistakes_of_chain(chain(10, "[", "]"), backwards), Names{"`script` holds lists more than 10 deep"});
  }
}

TEST(JobNames, OfAMatrixHave255Characters) {
  const auto with = [](size_t length, const std::string& more) {
    std::string value;
    for (size_t i = 0; i < length; ++i) value += "ä";  // two bytes
    return "j: {script: a, parallel: {matrix: [{X: [" + value + ", b]}]}" + more + "}\n";
  };
  EXPECT_EQ(mistakes_of(with(250, "")), Names{});  // and `j: []`
  EXPECT_EQ(mistakes_of(with(251, "")),
            Names{"with the values of this matrix, `j` has instances whose names are longer than 255 characters"});
  EXPECT_EQ(mistakes_of(with(251, ", rules: [{if: $X == \"b\"}]")), Names{});  // that instance is left out
}

TEST(JobNames, ThatMeanAnotherTypeAreQuoted) {
  EXPECT_EQ(mistakes_of("true: {script: a}\n"), Names{"a job can be called `true` only in quotes"});
  EXPECT_EQ(mistakes_of("null: {script: a}\n"), Names{"a job can be called `null` only in quotes"});
  EXPECT_EQ(mistakes_of("'true': {script: a}\n1: {script: a}\n"), Names{});
}

}  // namespace
}  // namespace penstock::gitlab
