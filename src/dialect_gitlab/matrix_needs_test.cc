#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "dialect_gitlab/gitlab.h"
#include "dialect_gitlab/testing/memory_sources.h"

namespace penstock::gitlab {
namespace {

CompileResult compiled(const std::string& consumer) {
  MemorySources sources;
  CompileRequest request;
  request.path = ".gitlab-ci.yml";
  sources.files[request.path] =
      "build:\n  stage: build\n  script: make\n  parallel: {matrix: [{OS: [linux, mac], V: ['1', '2']}]}\n"
      "test:\n  script: make\n" +
      consumer;
  return GitLabDialect().compile(request, sources);
}

/// `test: [linux] <- build: [linux, 1]`, one line a job.
std::string needs(const std::string& consumer) {
  const CompileResult result = compiled(consumer);
  if (!result.plan) return render(result.diagnostics, {});
  std::string text;
  for (const Job& job : result.plan->jobs) {
    if (!job.needs) continue;
    text += job.name + " <-";
    for (const Need& need : *job.needs) text += " " + need.job;
    text += "\n";
  }
  return text;
}

TEST(MatrixNeeds, AnInstanceNeedsTheOneWithItsOwnValues) {
  EXPECT_EQ(needs("  parallel: {matrix: [{OS: [linux, mac]}]}\n"
                  "  needs: [{job: build, parallel: {matrix: [{OS: '$[[ matrix.OS ]]', V: ['2']}]}}]\n"),
            "test: [linux] <- build: [linux, 2]\ntest: [mac] <- build: [mac, 2]\n");
}

TEST(MatrixNeeds, WithoutAllAxesItNeedsAllThatFit) {
  EXPECT_EQ(needs("  parallel: {matrix: [{OS: [mac]}]}\n"
                  "  needs: [{job: build, parallel: {matrix: [{OS: ['$[[matrix.OS]]']}]}}]\n"),
            "test: [mac] <- build: [mac, 1] build: [mac, 2]\n");
}

TEST(MatrixNeeds, AValueMayStandWithinAText) {
  EXPECT_EQ(needs("  parallel: {matrix: [{A: [lin], B: [ux]}]}\n"
                  "  needs: [{job: build, parallel: {matrix: [{OS: '$[[ matrix.A ]]$[[ matrix.B ]]', V: '1'}]}}]\n"),
            "test: [lin, ux] <- build: [linux, 1]\n");
}

TEST(MatrixNeeds, TheyAreThoseOfTheJobThatNeeds) {
  const std::string need = "  needs: [{job: build, parallel: {matrix: [{OS: '$[[ matrix.NOPE ]]'}]}}]\n";
  const CompileResult unknown = compiled("  parallel: {matrix: [{OS: [mac, linux]}]}\n" + need);
  ASSERT_EQ(unknown.diagnostics.size(), 1u) << render(unknown.diagnostics, {});
  EXPECT_EQ(unknown.diagnostics[0].message, "the matrix of `test` has no `NOPE`");
  const CompileResult none = compiled(need);
  ASSERT_EQ(none.diagnostics.size(), 1u) << render(none.diagnostics, {});
  EXPECT_EQ(none.diagnostics[0].message,
            "job `test` has no matrix of its own, so `$[[ matrix.NOPE ]]` means nothing here");
}

}  // namespace
}  // namespace penstock::gitlab
