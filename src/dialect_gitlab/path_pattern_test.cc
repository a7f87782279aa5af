#include "dialect_gitlab/path_pattern.h"

#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "dialect_gitlab/gitlab.h"
#include "dialect_gitlab/testing/memory_sources.h"

namespace penstock::gitlab {
namespace {

bool matches(std::string_view pattern, const std::string& path) {
  const PathPattern compiled(pattern);
  EXPECT_EQ(compiled.problem(), "") << pattern;
  return compiled.matches(path);
}

TEST(PathPattern, IsFoundAnywhereUnlessItIsAnchored) {
  EXPECT_TRUE(matches("\\.go$", "cmd/main.go"));
  EXPECT_TRUE(matches("main", "cmd/main.go"));
  EXPECT_FALSE(matches("\\Amain", "cmd/main.go"));
  EXPECT_TRUE(matches("\\Acmd/.*\\.go\\z", "cmd/main.go"));
}

TEST(PathPattern, LooksAheadAtTheBeginning) {
  EXPECT_TRUE(matches("\\A(?!docs/).*", "app.py"));
  EXPECT_FALSE(matches("\\A(?!docs/).*", "docs/a.md"));
  EXPECT_TRUE(matches("^(?!docs/|[)]x)(?!.*\\.md$)src", "src/a.py"));
  EXPECT_FALSE(matches("^(?!docs/|[)]x)(?!.*\\.md$)src", "src/a.md"));
  EXPECT_TRUE(matches("^(?=src/).*py$", "src/a.py"));
  EXPECT_FALSE(matches("^(?=src/).*py$", "lib/a.py"));
}

TEST(PathPattern, SaysWhatItCantRead) {
  EXPECT_NE(PathPattern("a(?<!b)").problem(), "");
  EXPECT_EQ(PathPattern(std::string(256, 'a')).problem(), "it is longer than 255 characters");
  EXPECT_FALSE(PathPattern("(").matches("("));
}

CompileResult compiled(const std::string& rule) {
  MemorySources sources;
  CompileRequest request;
  request.path = ".gitlab-ci.yml";
  request.predefined = {{"EXT", "yml"}};
  sources.files[request.path] = "job: {script: a, rules: [" + rule + "]}\n";
  return GitLabDialect().compile(request, sources);
}

TEST(PathPattern, DecidesRules) {
  const CompileResult yes = compiled(R"({exists: {regexp: '\.$EXT$'}})");
  ASSERT_TRUE(yes.plan) << render(yes.diagnostics, {});
  ASSERT_EQ(yes.plan->jobs.size(), 1u);
  EXPECT_EQ(yes.plan->jobs[0].decision->rules[0].clauses[0].text, "exists: /\\.$EXT$/");
  EXPECT_EQ(compiled(R"({exists: {regexp: '\.py$'}})").plan->jobs.size(), 0u);
  const CompileResult wrong = compiled("{exists: {regexp: 'a(?<!b)'}}");
  ASSERT_EQ(wrong.diagnostics.size(), 1u);
  EXPECT_EQ(wrong.diagnostics[0].name, "invalid-pattern");
  const CompileResult both = compiled("{changes: {regexp: a, paths: [b]}}");
  ASSERT_EQ(both.diagnostics.size(), 1u);
  EXPECT_EQ(both.diagnostics[0].message, "`regexp` can't stand beside `paths`");
}

}  // namespace
}  // namespace penstock::gitlab
