#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "base/diagnostic.h"
#include "dialect_gitlab/gitlab.h"
#include "dialect_gitlab/testing/memory_sources.h"
#include "plan/check.h"
#include "plan/json.h"

/// Input that was made to hurt ends in clear errors, quickly.
namespace penstock::gitlab {
namespace {

std::vector<std::string> names_of(const Diagnostics& diagnostics) {
  std::vector<std::string> names;
  for (const Diagnostic& diagnostic : diagnostics) names.push_back(diagnostic.name);
  return names;
}

using Names = std::vector<std::string>;

TEST(Hostile, AMatrixOfBillionsIsRefused) {
  std::string text = "job:\n  script: make\n  parallel:\n    matrix:\n      - ";
  for (int axis = 0; axis < 9; ++axis) {
    text +=
        std::string(axis == 0 ? "" : "        ") + "A" + std::to_string(axis) + ": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n";
  }
  EXPECT_EQ(names_of(compile_text(text).diagnostics), Names{"too-many"});
}

TEST(Hostile, ParallelBeyondGitLabsLimitIsRefused) {
  EXPECT_EQ(names_of(compile_text("job:\n  script: make\n  parallel: 1000000000\n").diagnostics),
            Names{"out-of-range"});
}

TEST(Hostile, AJobWithoutANameIsRefused) {
  for (const char* name : {"\"\"", "\" \"", "&anchor "}) {
    EXPECT_EQ(names_of(compile_text(std::string(name) + ":\n  script: make\n").diagnostics), Names{"empty-name"})
        << name;
  }
}

TEST(Hostile, TwoJobsNeverShareAName) {
  const CompileResult repeated =
      compile_text("a:\n  script: make\n  parallel:\n    matrix:\n      - X: [one, two, one]\n");
  ASSERT_TRUE(repeated.plan);
  ASSERT_EQ(repeated.plan->jobs.size(), 2U);
  EXPECT_EQ(repeated.plan->jobs[0].name, "a: [two]");
  EXPECT_EQ(repeated.plan->jobs[1].name, "a: [one]");
  EXPECT_EQ(names_of(compile_text("a:\n  script: make\n  parallel: {matrix: [{X: 'b: [c'}]}\n"
                                  "'a: [b':\n  script: make\n  parallel: {matrix: [{X: c}]}\n")
                         .diagnostics),
            Names{"duplicate-job"});
}

TEST(Hostile, ExtendsInACircleIsNamed) {
  CompileResult result = compile_text(".a:\n  extends: .b\n.b:\n  extends: .a\njob:\n  extends: .a\n  script: make\n");
  EXPECT_EQ(names_of(result.diagnostics), Names{"extends-cycle"});
}

TEST(Hostile, ExtendsTooDeepIsRefused) {
  std::string text = ".j0:\n  script: make\n";
  for (int i = 1; i < 20; ++i) text += ".j" + std::to_string(i) + ":\n  extends: .j" + std::to_string(i - 1) + "\n";
  EXPECT_TRUE(has_errors(compile_text(text + "job:\n  extends: .j19\n").diagnostics));
}

TEST(Hostile, ExtendsThatDoublesIsBounded) {
  std::string text = ".n0: &n0 [a, b, c, d, e, f, g, h, i, j]\n";
  for (int i = 1; i < 5; ++i) {
    std::string before = "*n" + std::to_string(i - 1);
    text += ".n" + std::to_string(i) + ": &n" + std::to_string(i) + " [";
    for (int n = 0; n < 10; ++n) text += before + (n == 9 ? " ]\n" : ", ");
  }
  CompileResult result = compile_text(text + ".heavy:\n  script: *n4\njob:\n  extends: .heavy\n");
  EXPECT_EQ(names_of(result.diagnostics).front(), "too-large");
}

TEST(Hostile, ReferencesThatDoubleAreBounded) {
  std::string text = ".r0:\n  script: [a, b, c, d, e, f, g, h, i, j]\n";
  for (int i = 1; i < 10; ++i) {
    std::string before = "!reference [.r" + std::to_string(i - 1) + ", script]";
    text += ".r" + std::to_string(i) + ":\n  script:\n";
    for (int n = 0; n < 10; ++n) text += "    - " + before + "\n";
  }
  CompileResult result = compile_text(text + "job:\n  script:\n    - !reference [.r9, script]\n");
  EXPECT_TRUE(has_errors(result.diagnostics));
}

TEST(Hostile, ReferencesInACircleAreNamed) {
  CompileResult result =
      compile_text(".a: !reference [.a, x]\n.b:\n  script: !reference [.b, script]\njob:\n  script: make\n");
  EXPECT_EQ(names_of(result.diagnostics).front(), "reference-cycle");
}

TEST(Hostile, FilesThatAreTooLargeTogetherAreRefused) {
  MemorySources sources;
  sources.files[".gitlab-ci.yml"] = "include: 'f*.yml'\njob: {script: make}\n";
  for (int i = 0; i < 20; ++i)
    sources.files["f" + std::to_string(i) + ".yml"] = "#" + std::string(1 << 20, 'x') + "\n.a: 1\n";
  CompileRequest request;
  request.path = ".gitlab-ci.yml";
  EXPECT_EQ(names_of(GitLabDialect().compile(request, sources).diagnostics), Names{"too-large"});
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += ".k" + std::to_string(i) + ": {a: 1, b: 2}\n";
  for (int i = 0; i < 20; ++i) sources.files["f" + std::to_string(i) + ".yml"] = many;
  EXPECT_EQ(names_of(GitLabDialect().compile(request, sources).diagnostics), Names{"too-large"});
}

TEST(Hostile, AChainOfIncludesThatComesBackIsNamed) {
  MemorySources sources;
  sources.files[".gitlab-ci.yml"] = "include: a.yml\njob: {script: make}\n";
  sources.files["a.yml"] = "include: b.yml\n";
  sources.files["b.yml"] = "include: a.yml\n";
  CompileRequest request;
  request.path = ".gitlab-ci.yml";
  const CompileResult result = GitLabDialect().compile(request, sources);
  ASSERT_EQ(names_of(result.diagnostics), Names{"include-cycle"});
  EXPECT_EQ(result.diagnostics[0].message, "`a.yml` includes itself: `a.yml` → `b.yml` → `a.yml`");
}

TEST(Hostile, RegularExpressionsThatExplodeAreRefused) {
  for (const char* pattern : {"((a{1000}){1000}){1000}", "(a{0,30}){0,30}{0,30}", "([^x]{1,900}){900}",
                              "[^x]{1,900}[^x]{1,900}[^x]{1,900}[^x]{1,900}[^x]{1,900}[^x]{1,900}"}) {
    const std::string text =
        "job:\n  script: make\n  rules: [{if: '$CI_COMMIT_BRANCH =~ /" + std::string(pattern) + "/'}]\n";
    EXPECT_EQ(names_of(compile_text(text).diagnostics), Names{"invalid-condition"}) << pattern;
  }
}

TEST(Hostile, ALargeRegularExpressionIsntTriedOnALargeText) {
  const std::string text =
      "variables: {A: " + std::string(30'000, 'a') + "}\njob:\n  script: make\n  rules: [{if: '$A =~ ";
  EXPECT_EQ(names_of(compile_text(text + "/(a{1,30}){1,30}b/'}]\n").diagnostics), Names{"undecidable-condition"});
  EXPECT_TRUE(compile_text(text + "/^(a+)+$/'}]\n").plan);
}

TEST(Hostile, NeedsOnGroupsThatMultiplyAreBounded) {
  std::string text = "stages: [a, b]\nbase:\n  stage: a\n  script: make\n  parallel: 200\n";
  for (int i = 0; i < 10; ++i) {
    text += "j" + std::to_string(i) + ":\n  stage: b\n  script: make\n  parallel: 200\n  needs: [base]\n";
  }
  EXPECT_EQ(names_of(compile_text(text).diagnostics), Names{"too-large"});
}

/// Bytes of real pipelines, changed at random: whatever comes out is sound.
TEST(Hostile, MutatedPipelinesGiveAPlanOrDiagnostics) {
  std::vector<std::string> seeds;
  for (const auto& entry : std::filesystem::directory_iterator("src/dialect_gitlab/testdata")) {
    if (entry.path().extension() != ".yml") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    seeds.push_back(text.str());
  }
  ASSERT_FALSE(seeds.empty());
  const std::string tokens = "[]{}:-\n \"'!&*<$|=~()#0aZ\t\\\xff";
  constexpr unsigned kSeed = 20261121;
  std::mt19937 random(kSeed);
  for (int round = 0; round < 400; ++round) {
    std::string text = seeds[random() % seeds.size()];
    for (unsigned n = random() % 8 + 1; n > 0; --n) {
      size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = tokens[random() % tokens.size()];
          break;
        case 1:
          text.erase(at, random() % 20);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 40));
          break;
      }
      if (text.empty()) text = "a: b";
    }
    CompileResult result = compile_text(text);
    SCOPED_TRACE("seed " + std::to_string(kSeed) + ", round " + std::to_string(round) + ":\n" + text);
    ASSERT_FALSE(result.plan && has_errors(result.diagnostics));
    ASSERT_EQ(render(result.diagnostics, {}).empty(), result.diagnostics.empty());
    if (!result.plan) continue;
    Result<> checked = check(*result.plan);
    ASSERT_TRUE(checked.ok()) << checked.error().message;
  }
}

}  // namespace
}  // namespace penstock::gitlab
