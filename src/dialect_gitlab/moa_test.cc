#include "dialect_gitlab/moa.h"

#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "dialect_gitlab/gitlab.h"
#include "dialect_gitlab/testing/memory_sources.h"

namespace penstock::gitlab {
namespace {

/// What `text` becomes, or what is wrong with it, with the inputs of GitLab's documentation.
std::string become(std::string_view text) {
  yaml::Arena arena;
  auto file = std::make_shared<const SourceFile>(
      SourceFile{"inputs",
                 "env: {default: staging}\nreplicas: {type: number, default: 3}\nshare: {type: number, default: 0.5}\n"
                 "debug: {type: boolean, default: false}\ntags: {type: array, default: [smoke, 2, {a: b}]}\nnone: "
                 "{default: ''}\n"});
  const yaml::Parsed parsed = yaml::parse(file, arena);
  const MoaText result = evaluate_moa(text, *parsed.documents.front());
  return result.problem.empty() ? result.text : "! " + result.problem;
}

std::string value(const std::string& expression) { return become("${{ " + expression + " }}"); }

TEST(Moa, InputsStandInTexts) {
  EXPECT_EQ(become("to ${{ job.inputs.env }}, ${{job.inputs.replicas}} times"), "to staging, 3 times");
  EXPECT_EQ(value("job.inputs['share']"), "0.5");
  EXPECT_EQ(value("job.inputs.debug"), "false");
  EXPECT_EQ(value("job.inputs.tags"), R"(["smoke",2,{"a":"b"}])");
  EXPECT_EQ(value("job.inputs.tags[0]"), "smoke");
  EXPECT_EQ(become(R"(a \${{ job }} b)"), "a ${{ job }} b");
}

TEST(Moa, ShortCircuitsGiveOneOfTheirSides) {
  EXPECT_EQ(value(R"(job.inputs.env == "production" && "a:stable" || "a:latest")"), "a:latest");
  EXPECT_EQ(value(R"(job.inputs.none || "default")"), "default");
  EXPECT_EQ(value(R"(job.inputs.debug && "-v" || "")"), "");
  EXPECT_EQ(value("true || 1 / 0"), "true");
  EXPECT_EQ(value("!job.inputs.debug"), "true");
}

TEST(Moa, OperatorsBindAsDocumented) {
  EXPECT_EQ(value("1 + 2 * 3"), "7");
  EXPECT_EQ(value("(1 + 2) * 3"), "9");
  EXPECT_EQ(value("10 - 4 - 3"), "3");
  EXPECT_EQ(value("10 % 3 == 1 && 2 <= 2"), "true");
  EXPECT_EQ(value("-5 + +2"), "-3");
  EXPECT_EQ(value(R"("a" + 'b')"), "ab");
  EXPECT_EQ(value(R"(1 == "1")"), "false");
  EXPECT_EQ(value(R"("a" < "b")"), "true");
  EXPECT_EQ(value("[1, 2,] == [1, 2]"), "true");
  EXPECT_EQ(value("{a: 1, 'b': 2}.b"), "2");
}

TEST(Moa, FunctionsConvert) {
  EXPECT_EQ(value("str(42) + str(null)"), "42<null>");
  EXPECT_EQ(value(R"(num("3.5") + 1)"), "4.5");
  EXPECT_EQ(value(R"(bool(""))"), "false");
}

TEST(Moa, StringsHaveTwoKindsOfQuotes) {
  EXPECT_EQ(value(R"("a\tb \"${{ job.inputs.env }}\"")"), "a\tb \"staging\"");
  EXPECT_EQ(value(R"('it\'s ${{ raw }}')"), "it's ${{ raw }}");
}

TEST(Moa, WhatFailsIsSaid) {
  EXPECT_EQ(value("job.inputs.nobody"), "! there is no `nobody` here");
  EXPECT_EQ(value("vars.CI"), "! `vars` isn't known here: only `job.inputs` is");
  EXPECT_EQ(value("'a' + 1"), "! `+` wants two numbers or two strings");
  EXPECT_EQ(value("1 / 0"), "! a division by zero");
  for (const char* text : {"${{", "${{ }}", "${{ 1", "${{ 1 + }}", "${{ 'a }}", "${{ \"a }}", "${{ (1 }}", "${{ [1 }}",
                           "${{ {a 1} }}", "${{ f(1) }}", "${{ job. }}", "${{ 1 < 'a' }}", "${{ \"\\q\" }}"}) {
    EXPECT_TRUE(become(text).starts_with("! ")) << text;
  }
  EXPECT_TRUE(value(std::string(1000, '(')).starts_with("! "));
  std::string nested = "x";  // each level's quotes double what is escaped
  for (int i = 0; i < 18; ++i) nested = "${{ {k: [\"" + nested + "\"]} }}";
  EXPECT_EQ(become(nested), "! the text grows too large");
}

TEST(Moa, AJobsTextsHaveTheDefaultsOfItsInputs) {
  const CompileResult result = compile_text(
      "job:\n  inputs: {e: {default: x}}\n  image: 'i:${{ job.inputs.e }}'\n  before_script: ['a ${{ job.inputs.e "
      "}}']\n"
      "  script: ['b ${{ job.inputs.e }}']\n  after_script: ['c ${{ job.inputs.e }}']\n"
      "  artifacts: {paths: ['${{ job.inputs.e }}/']}\n  cache: {key: '${{ job.inputs.e }}', paths: [p]}\n"
      "plain:\n  script: 'b ${{ job.inputs.e }}'\n");
  ASSERT_TRUE(result.plan) << render(result.diagnostics, {});
  const Job& job = *find_job(*result.plan, "job");
  EXPECT_EQ(std::get<ScriptStep>(job.steps[0]).lines, (std::vector<std::string>{"a x", "b x"}));
  EXPECT_EQ(std::get<ScriptStep>(job.after_steps[0]).lines[0], "c x");
  EXPECT_EQ(job.image->name, "i:x");
  EXPECT_EQ(job.artifacts.paths[0], "x/");
  EXPECT_EQ(job.caches[0].key, "x");
  EXPECT_EQ(std::get<ScriptStep>(find_job(*result.plan, "plain")->steps[0]).lines[0], "b ${{ job.inputs.e }}");
}

TEST(Moa, AWrongExpressionIsAMistakeOfTheJob) {
  const CompileResult result = compile_text("job:\n  inputs: {e: {default: x}}\n  script: 'b ${{ job.inputs.f }}'\n");
  ASSERT_EQ(result.diagnostics.size(), 1U);
  EXPECT_EQ(result.diagnostics[0].name, "invalid-expression");
}

}  // namespace
}  // namespace penstock::gitlab
