#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "dialect_gitlab/gitlab.h"
#include "dialect_gitlab/shell_scan.h"
#include "dialect_gitlab/testing/memory_sources.h"

namespace penstock::gitlab {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// What is advised on a pipeline that compiles, by its files: `LINE:COLUMN NAME`.
std::vector<std::string> advice_on(std::map<std::string, std::string> files) {
  MemorySources sources;
  sources.files = std::move(files);
  CompileRequest request;
  request.kinds = pipeline_kinds();
  request.predefined = push_variables();
  request.path = ".gitlab-ci.yml";
  request.advise = true;
  Variable secret;
  secret.name = "KNOWN";
  secret.secret = true;
  request.pipeline_variables.push_back(secret);
  const CompileResult result = GitLabDialect().compile(request, sources);
  EXPECT_FALSE(has_errors(result.diagnostics)) << render(result.diagnostics, {});
  std::vector<std::string> found;
  for (const Diagnostic& diagnostic : result.diagnostics) {
    found.push_back(std::to_string(diagnostic.span.line) + ":" + std::to_string(diagnostic.span.column) + " " +
                    diagnostic.name);
  }
  return found;
}

std::vector<std::string> advice_on(const std::string& text) {
  return advice_on(std::map<std::string, std::string>{{".gitlab-ci.yml", text}});
}

std::vector<std::string> advice_on_line(const std::string& line) {
  return advice_on("job:\n  script:\n    - |\n      " + line + "\n");
}

TEST(Advice, IsGivenOnlyWhereItIsAskedFor) {
  const CompileResult result = compile_text("job:\n  image: python\n  script: a\n");
  EXPECT_THAT(result.diagnostics, IsEmpty());
}

TEST(Advice, OnWhatJobsAreToEachOtherWaitsForAPipelineWithoutMistakes) {
  MemorySources sources;
  sources.files["a.yml"] =
      "include: gone.yml\nbuild: {stage: build, script: a, rules: [{if: $X}]}\njob: {script: a, needs: [build]}\n";
  CompileRequest request;
  request.path = "a.yml";
  request.advise = true;
  const CompileResult result = GitLabDialect().compile(request, sources);
  ASSERT_EQ(result.diagnostics.size(), 1u) << render(result.diagnostics, {});
  EXPECT_EQ(result.diagnostics[0].severity, Severity::error);
}

TEST(Advice, ARuleBehindOneThatAlwaysHoldsIsNeverLookedAt) {
  EXPECT_THAT(advice_on("job:\n  script: a\n  rules:\n    - when: on_success\n    - if: $CI_COMMIT_TAG\n"),
              testing::Contains("5:7 unreachable-rule"));
  EXPECT_THAT(advice_on("job:\n  script: a\n  rules:\n    - if: $CI_COMMIT_TAG\n    - when: never\n"), IsEmpty());
}

TEST(Advice, AJobWhoseRulesAllSayNeverNeverRuns) {
  EXPECT_THAT(
      advice_on("a: {script: a}\njob:\n  script: a\n  rules:\n    - if: $X\n      when: never\n    - when: never\n"),
      ElementsAre("2:1 never-runs"));
}

TEST(Advice, ANeedThatSomePipelinesLackIsTold) {
  const std::string build = "build:\n  stage: build\n  script: a\n  rules:\n    - if: $CI_COMMIT_BRANCH\n";
  const std::string test = "test:\n  script: a\n  needs: [build]\n";
  EXPECT_THAT(advice_on(build + test), ElementsAre("8:11 need-may-be-missing")) << "a tag has no branch";
  EXPECT_THAT(advice_on(build + test + "  rules:\n    - if: $CI_COMMIT_BRANCH\n"), IsEmpty());
  EXPECT_THAT(advice_on(build + test + "  rules:\n    - if: $CI_COMMIT_BRANCH == \"x\"\n"), IsEmpty());
  EXPECT_THAT(advice_on(build + "test:\n  script: a\n  needs: [{job: build, optional: true}]\n"), IsEmpty());
  EXPECT_THAT(advice_on("build: {stage: build, script: a, parallel: 2}\ntest: {script: a, needs: [build 2/2]}\n"),
              IsEmpty());
}

TEST(Advice, KnowsTheVariablesOfThePipelineAndOfItsWorkflow) {
  const std::string jobs =
      "build:\n  stage: build\n  script: a\n  rules:\n    - if: $FULL\ntest:\n  script: a\n  needs: [build]\n";
  EXPECT_THAT(advice_on("variables: {FULL: \"1\"}\n" + jobs), ElementsAre("6:7 duplicate-pipelines"));
  EXPECT_THAT(
      advice_on("workflow:\n  rules:\n    - if: $CI_COMMIT_TAG\n      when: never\n    - variables: {FULL: \"1\"}\n" +
                jobs),
      IsEmpty());
}

TEST(Advice, ANeedThatDependsOnFilesMustDependOnTheSame) {
  const std::string build =
      "workflow:\n  rules:\n    - if: $CI_COMMIT_BRANCH\nbuild:\n  stage: build\n  script: a\n  rules:\n"
      "    - changes: [src/**]\n";
  const std::string test = "test:\n  script: a\n  needs: [build]\n";
  EXPECT_THAT(advice_on(build + test), ElementsAre("11:11 need-may-be-missing"));
  EXPECT_THAT(advice_on(build + test + "  rules:\n    - changes: [src/**]\n"), IsEmpty());
  EXPECT_THAT(advice_on(build + test + "  rules:\n    - changes: [docs/**]\n"),
              ElementsAre("11:11 need-may-be-missing"));
}

TEST(Advice, LooksAtEachKindOfPipelineWithItsOwnIncludes) {
  const std::string on_branches = "include: [{local: a.yml, rules: [{if: $CI_COMMIT_BRANCH}]}]\n";
  const std::string build = "build: {stage: build, script: a}\n";
  const std::string test = "test: {script: a, needs: [build]}\n";
  EXPECT_THAT(advice_on({{".gitlab-ci.yml", on_branches + test}, {"a.yml", build}}),
              ElementsAre("2:27 need-may-be-missing"))
      << "a tag's pipeline doesn't include it";
  EXPECT_THAT(advice_on({{".gitlab-ci.yml", on_branches + "make: {script: a}\n"}, {"a.yml", build + test}}), IsEmpty());
  // By another name, for a kind that isn't the one that is compiled.
  EXPECT_THAT(advice_on({{".gitlab-ci.yml", "include: '$CI_PIPELINE_SOURCE.yml'\n" + test},
                         {"push.yml", build},
                         {"merge_request_event.yml", "other: {script: a}\ntest: {rules: [{if: $CI}]}\n"}}),
              ElementsAre("2:27 need-may-be-missing", "2:16 duplicate-pipelines"));
  EXPECT_THAT(advice_on({{".gitlab-ci.yml", "include: '$CI_PIPELINE_SOURCE.yml'\n" + build},
                         {"push.yml", test},
                         {"merge_request_event.yml", "wrong: 1\n"}}),
              IsEmpty());
}

TEST(Advice, OnePushThatStartsTwoPipelinesIsToldAcrossIncludes) {
  const std::string text =
      "include:\n  - {local: branch.yml, rules: [{if: $CI_COMMIT_BRANCH}]}\n"
      "  - {local: request.yml, rules: [{if: $CI_MERGE_REQUEST_IID}]}\nmake: {script: a}\n";
  const std::string request = "job:\n  script: a\n  rules: [{if: $CI_MERGE_REQUEST_IID}]\n";
  EXPECT_THAT(advice_on({{".gitlab-ci.yml", text}, {"branch.yml", "job: {script: a}\n"}, {"request.yml", request}}),
              ElementsAre("3:11 duplicate-pipelines"));
  EXPECT_THAT(advice_on({{".gitlab-ci.yml", text}, {"branch.yml", "other: {script: a}\n"}, {"request.yml", request}}),
              IsEmpty());
}

TEST(Advice, OnePushThatStartsTwoPipelinesIsTold) {
  const std::string both =
      "job:\n  script: a\n  rules:\n    - if: $CI_PIPELINE_SOURCE == \"merge_request_event\"\n    - if: "
      "$CI_COMMIT_BRANCH\n";
  EXPECT_THAT(advice_on(both), ElementsAre("4:7 duplicate-pipelines"));
  EXPECT_THAT(
      advice_on("workflow:\n  rules:\n    - if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS\n      when: never\n"
                "    - when: always\n" +
                both),
      IsEmpty());
  EXPECT_THAT(advice_on("job:\n  script: a\n  rules:\n    - if: $CI_PIPELINE_SOURCE == \"merge_request_event\"\n"
                        "    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH\n"),
              IsEmpty())
      << "nobody merges the default branch into itself";
  EXPECT_THAT(advice_on("job: {script: a}\n"), IsEmpty());
}

TEST(Advice, ChangesAloneAlwaysHoldOnANewBranch) {
  const std::string main_only = "other: {script: a}\n";
  EXPECT_THAT(advice_on(main_only + "job:\n  script: a\n  rules:\n    - changes: [a]\n"),
              testing::Contains("5:16 changes-on-new-branch"));
  EXPECT_THAT(
      advice_on(main_only + "job:\n  script: a\n  rules:\n    - changes: {paths: [a], compare_to: refs/heads/main}\n"),
      testing::Not(testing::Contains("5:16 changes-on-new-branch")));
}

TEST(Advice, ASecretThatIsPrintedIsTold) {
  EXPECT_THAT(advice_on_line("echo \"token: $CI_JOB_TOKEN\""), ElementsAre("4:20 secret-in-log"));
  EXPECT_THAT(advice_on_line("printf '%s' ${KNOWN}"), ElementsAre("4:19 secret-in-log"));
  EXPECT_THAT(advice_on_line("a && echo $DB_PASSWORD || true"), ElementsAre("4:17 secret-in-log"));
  for (const char* fine : {"echo \"$CI_REGISTRY_PASSWORD\" | docker login --password-stdin", "echo $KNOWN > key",
                           "echo ${#KNOWN}", "echo ${KNOWN:+set}", "echo '$KNOWN'", "deploy --token \"$CI_JOB_TOKEN\"",
                           "# echo $KNOWN", "echo \\$KNOWN", "X=$(echo $KNOWN)", "ssh-add <(echo \"$KNOWN\")"}) {
    EXPECT_THAT(advice_on_line(fine), IsEmpty()) << fine;
  }
}

TEST(Advice, TextThatAnybodyMayWriteIsNotToBeRun) {
  EXPECT_THAT(advice_on_line("sh -c \"notify '$CI_COMMIT_MESSAGE'\""), ElementsAre("4:22 untrusted-text"));
  EXPECT_THAT(advice_on_line("ssh host deploy $CI_COMMIT_REF_NAME"), ElementsAre("4:23 untrusted-text"));
  EXPECT_THAT(advice_on_line("eval $CI_COMMIT_BRANCH"), ElementsAre("4:12 untrusted-text"));
  EXPECT_THAT(advice_on_line("notify $CI_COMMIT_TITLE"), ElementsAre("4:14 untrusted-text"));
  for (const char* fine : {"notify \"$CI_COMMIT_TITLE\"", "sh -c 'notify \"$0\"' \\$X", "deploy $CI_COMMIT_REF_NAME",
                           "if [[ $CI_COMMIT_MESSAGE =~ x ]]; then a; fi", "TITLE=$CI_COMMIT_TITLE"}) {
    EXPECT_THAT(advice_on_line(fine), IsEmpty()) << fine;
  }
}

TEST(Advice, ASlipInTheNameOfAVariableIsTold) {
  EXPECT_THAT(advice_on_line("deploy $CI_COMIT_BRANCH"), ElementsAre("4:14 unset-variable"));
  EXPECT_THAT(advice_on("variables: {TARGET_HOST: a}\njob:\n  script: a\n  rules:\n    - if: $CI_COMMIT_BRANCH == "
                        "\"main\" && $TARGET_HSOT\n"),
              ElementsAre("5:42 unset-variable"));
  for (const char* fine :
       {"deploy $SOME_SETTING", "CI_COMIT_BRANCH=1; deploy $CI_COMIT_BRANCH", "echo $CI_PROJECT_DIR"}) {
    EXPECT_THAT(advice_on_line(fine), IsEmpty()) << fine;
  }
  EXPECT_THAT(advice_on("variables: {PYTHON_310: a}\njob:\n  script: a $PYTHON_311\n"), IsEmpty());
  EXPECT_THAT(advice_on("job:\n  script: a $CI_COMIT_BRANCH\n  artifacts: {reports: {dotenv: a.env}}\n"), IsEmpty());
}

TEST(Advice, AnImageWithoutAVersionIsTold) {
  EXPECT_THAT(advice_on("default:\n  image: python\njob:\n  script: a\n  services: [postgres:latest, redis:7]\n"),
              ElementsAre("2:10 floating-image", "5:14 floating-image"));
  for (const char* fine : {"python:3.12", "$IMAGE", "a/b@sha256:00", "host:5000/a:1", "{name: \"python:3.12-slim\"}",
                           "macos-15-xcode-16"}) {
    EXPECT_THAT(advice_on("job:\n  image: " + std::string(fine) + "\n  script: a\n"), IsEmpty()) << fine;
  }
  EXPECT_THAT(advice_on("job:\n  image: host:5000/a\n  script: a\n"), ElementsAre("2:10 floating-image"));
}

TEST(Advice, OnAHostilePipelineTakesNoLongerThanOnAnHonestOne) {
  std::string text = "job:\n  script:\n";
  for (int line = 0; line < 100000; ++line)
    text += "    - N" + std::to_string(line) + "=1; echo $A" + std::to_string(line) + "_TOKEN $CI_JOB_TOKEN\n";
  EXPECT_LE(advice_on(text).size(), 500u);
}

TEST(ShellScan, TakesWhateverTextItGets) {
  EXPECT_THAT(scan_shell(""), IsEmpty());
  for (const char* text :
       {"$", "${", "${}", "$(", "'", "\"", "\\", "<<", "<<X", "<<X\n$A", "a >", "a &>", ")", "$((1+$A))", "`"})
    (void)scan_shell(text);
  std::string nested;
  for (int i = 0; i < 200000; ++i) nested += "$(";
  EXPECT_THAT(scan_shell(nested), IsEmpty());
}

TEST(ShellScan, LeavesOutHereDocuments) {
  const auto commands = scan_shell("cat <<EOF\n$A echo\nEOF\necho $B\n");
  ASSERT_EQ(commands.size(), 2u);
  EXPECT_THAT(commands[0].references, IsEmpty());
  EXPECT_EQ(commands[1].references.at(0).name, "B");
}

TEST(ShellScan, KnowsWhatAScriptSetsItself) {
  EXPECT_THAT(assigned_names("A=1\nexport B=2 C\nread D E\nfor F in $G; do x=$H; done"),
              testing::UnorderedElementsAre("A", "B", "C", "D", "E", "F", "x"));
}

}  // namespace
}  // namespace penstock::gitlab
