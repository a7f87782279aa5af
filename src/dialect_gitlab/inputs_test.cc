#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "dialect_gitlab/gitlab.h"
#include "dialect_gitlab/testing/memory_sources.h"

namespace penstock::gitlab {
namespace {

using Lines = std::vector<std::string>;
using Values = std::vector<std::pair<std::string, std::string>>;

/// A pipeline with inputs, files beside it, and values from the command line.
CompileResult compile_with(const std::string& text, const Values& inputs = {},
                           const std::map<std::string, std::string>& files = {}) {
  MemorySources sources;
  sources.files = files;
  sources.files[".gitlab-ci.yml"] = text;
  CompileRequest request;
  request.path = ".gitlab-ci.yml";
  request.predefined = push_variables();
  request.inputs = inputs;
  return GitLabDialect().compile(request, sources);
}

Lines script_of(const CompileResult& result) {
  EXPECT_TRUE(result.plan.has_value()) << render(result.diagnostics, {});
  if (!result.plan || result.plan->jobs.empty() || result.plan->jobs[0].steps.empty()) return {};
  return std::get<ScriptStep>(result.plan->jobs[0].steps[0]).lines;
}

std::string mistake_of(const CompileResult& result) {
  EXPECT_EQ(result.diagnostics.size(), 1u) << render(result.diagnostics, {});
  return result.diagnostics.empty() ? "" : result.diagnostics[0].message;
}

/// A job that prints `shown`, below a header that declares `inputs`.
std::string pipeline(const std::string& inputs, const std::string& shown) {
  return "spec:\n  inputs:\n" + inputs + "---\njob:\n  script: ['" + shown + "']\n";
}

TEST(Inputs, TakeTheirDefaultsOrWhatIsGiven) {
  const std::string text = pipeline("    who:\n      default: you\n", "echo $[[ inputs.who ]]!");
  EXPECT_EQ(script_of(compile_with(text)), Lines{"echo you!"});
  EXPECT_EQ(script_of(compile_with(text, {{"who", "me"}})), Lines{"echo me!"});
}

TEST(Inputs, KeepTheirTypeWhereTheyAreTheWholeValue) {
  const std::string header =
      "spec:\n  inputs:\n    n: {type: number, default: 3}\n    maybe: {type: boolean, default: true}\n"
      "    lines: {type: array, default: [echo a, echo b]}\n    word: {default: '12'}\n---\n";
  const CompileResult result = compile_with(
      header +
      "job:\n  parallel: $[[ inputs.n ]]\n  allow_failure: $[[ inputs.maybe ]]\n  script: $[[ inputs.lines ]]\n"
      "  variables: {WORD: '$[[ inputs.word ]]'}\n");
  EXPECT_EQ(script_of(result), (Lines{"echo a", "echo b"}));
  ASSERT_EQ(result.plan->jobs.size(), 3u);
  EXPECT_TRUE(result.plan->jobs[0].allow_failure.always);
}

TEST(Inputs, AreTextWithinALongerTextAndInNames) {
  const CompileResult result = compile_with(
      "spec:\n  inputs:\n    n: {type: number, default: 3}\n    list: {type: array, default: [a, 1]}\n---\n"
      "\"job $[[ inputs.n ]]\":\n  script: ['$[[inputs.n]] $[[ inputs.list ]] $[[ inputs.n ]]']\n");
  EXPECT_EQ(script_of(result), Lines{"3 [\"a\",1] 3"});
  EXPECT_EQ(result.plan->jobs[0].name, "job 3");
}

TEST(Inputs, PassThroughUpToThreeFunctions) {
  const std::string inputs = "    a: {default: 'it''s $CI_COMMIT_BRANCH'}\n";
  EXPECT_EQ(script_of(compile_with(pipeline(inputs, "$[[ inputs.a | expand_vars | truncate(5,3) ]]"))), Lines{"mai"});
  EXPECT_EQ(script_of(compile_with(pipeline(inputs, "$[[ inputs.a | truncate(0,6) | posix_escape ]]"))),
            Lines{"it\\'s\\ \\$"});
  EXPECT_EQ(mistake_of(compile_with(pipeline(inputs, "$[[ inputs.a | upper ]]"))), "there is no function `upper`");
  const std::string four = "$[[ inputs.a | expand_vars | expand_vars | expand_vars | expand_vars ]]";
  EXPECT_EQ(mistake_of(compile_with(pipeline(inputs, four))), "at most three functions can follow an input");
}

TEST(Inputs, AreCheckedAgainstTypeOptionsAndPattern) {
  const std::string number = pipeline("    n: {type: number}\n", "$[[ inputs.n ]]");
  EXPECT_EQ(mistake_of(compile_with(number, {{"n", "many"}})), "input `n` must be a number, not a string");
  EXPECT_EQ(mistake_of(compile_with(number)), "input `n` is not given");
  const std::string option = pipeline("    e: {options: [a, b], default: c}\n", "$[[ inputs.e ]]");
  EXPECT_EQ(mistake_of(compile_with(option)), "input `e` can't be `c`");
  const std::string list = pipeline("    l: {type: array, options: [a, b], default: []}\n", "$[[ inputs.l ]]");
  EXPECT_EQ(script_of(compile_with(list, {{"l", "[b, a]"}})), (Lines{"b", "a"}));
  EXPECT_EQ(mistake_of(compile_with(list, {{"l", "[a, c]"}})), "input `l` can't be `c`");
  const std::string pattern = pipeline("    v: {regex: '^v\\d+$', default: v1}\n", "$[[ inputs.v ]]");
  EXPECT_EQ(script_of(compile_with(pattern, {{"v", "v22"}})), Lines{"v22"});
  EXPECT_EQ(mistake_of(compile_with(pattern, {{"v", "2"}})), "input `v` must match `^v\\d+$`");
}

TEST(Inputs, MisspeltAreSuggested) {
  const CompileResult used = compile_with(pipeline("    branch: {default: a}\n", "$[[ inputs.brnach ]]"));
  EXPECT_EQ(mistake_of(used), "there is no input `brnach`");
  EXPECT_EQ(used.diagnostics[0].instead, "branch");
  EXPECT_EQ(used.diagnostics[0].span.line, 6u);
  const CompileResult given = compile_with(pipeline("    branch: {default: a}\n", "x"), {{"brnch", "b"}});
  EXPECT_EQ(mistake_of(given), "the file has no input `brnch`");
}

TEST(Inputs, OfAnIncludedFileComeFromTheIncludeAlone) {
  const std::string part =
      "spec:\n  inputs:\n    stage: {default: test}\n    name:\n---\n"
      "\"$[[ inputs.name ]]-job\":\n  stage: $[[ inputs.stage ]]\n  script: [x]\n";
  const CompileResult result = compile_with(
      "include:\n  - local: part.yml\n    inputs: {name: one}\n"
      "  - local: part.yml\n    inputs: {name: two, stage: build}\n",
      {}, {{"part.yml", part}});
  ASSERT_TRUE(result.plan.has_value()) << render(result.diagnostics, {});
  ASSERT_EQ(result.plan->jobs.size(), 2u);
  EXPECT_EQ(result.plan->jobs[0].name, "two-job");
  EXPECT_EQ(result.plan->jobs[1].name, "one-job");
  const CompileResult missing = compile_with("include: {local: part.yml}\n", {}, {{"part.yml", part}});
  EXPECT_EQ(mistake_of(missing), "input `name` is not given");
  EXPECT_EQ(missing.diagnostics[0].span.file->name, ".gitlab-ci.yml");
}

TEST(Inputs, GivenToAFileWithoutAHeaderAreAMistake) {
  EXPECT_EQ(mistake_of(compile_with("include:\n  - local: part.yml\n    inputs: {a: b}\n", {},
                                    {{"part.yml", "job:\n  script: [x]\n"}})),
            "`part.yml` has no inputs");
}

TEST(Inputs, FollowRulesOverOtherInputs) {
  const std::string text = pipeline(
      "    cloud: {options: [aws, gcp], default: aws}\n    prod: {type: boolean, default: false}\n    size:\n      "
      "rules:\n"
      "        - {if: \"$[[ inputs.cloud ]] == 'aws' && $[[ inputs.prod ]] == true\", options: [big], default: big}\n"
      "        - {if: \"$[[ inputs.cloud ]] == 'aws'\", options: [small, medium], default: small}\n"
      "        - {options: [other], default: other}\n",
      "$[[ inputs.size ]]");
  EXPECT_EQ(script_of(compile_with(text)), Lines{"small"});
  EXPECT_EQ(script_of(compile_with(text, {{"size", "medium"}})), Lines{"medium"});
  EXPECT_EQ(script_of(compile_with(text, {{"prod", "true"}})), Lines{"big"});
  EXPECT_EQ(script_of(compile_with(text, {{"cloud", "gcp"}})), Lines{"other"});
  EXPECT_EQ(mistake_of(compile_with(text, {{"size", "big"}})), "input `size` can't be `big`");
}

TEST(Inputs, WhoseRulesRunInACircleAreAMistake) {
  EXPECT_EQ(mistake_of(compile_with(pipeline("    a: {rules: [{if: \"$[[ inputs.b ]] == 'x'\", default: y}]}\n"
                                             "    b: {rules: [{if: \"$[[ inputs.a ]] == 'x'\", default: y}]}\n",
                                             "x"))),
            "the rules of input `a` depend on itself");
}

TEST(Inputs, MayBeDeclaredInAFileOfTheirOwn) {
  const std::map<std::string, std::string> files = {{"inputs.yml", "inputs:\n  region: {default: eu}\n"}};
  EXPECT_EQ(script_of(compile_with(
                "spec:\n  include: [{local: /inputs.yml}]\n  inputs: {n: {default: x}}\n---\njob:\n  script: "
                "['$[[ inputs.region ]] $[[ inputs.n ]]']\n",
                {}, files)),
            Lines{"eu x"});
  EXPECT_EQ(mistake_of(compile_with("spec:\n  include: [{local: /inputs.yml}]\n  inputs: {region: }\n---\njob:\n  "
                                    "script: [x]\n",
                                    {}, files)),
            "input `region` is declared twice");
}

TEST(Inputs, TextThatIsNoBlockStays) {
  EXPECT_EQ(script_of(compile_with(pipeline("    a: {default: b}\n", "[[ -f x ]] && echo $[[ ]] $[[ matrix.OS ]]"))),
            Lines{"[[ -f x ]] && echo $[[ ]] $[[ matrix.OS ]]"});
}

}  // namespace
}  // namespace penstock::gitlab
