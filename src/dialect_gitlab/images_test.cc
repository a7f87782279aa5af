#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "dialect_gitlab/gitlab.h"
#include "dialect_gitlab/testing/memory_sources.h"

namespace penstock::gitlab {
namespace {

using testing::ElementsAre;

struct Images : testing::Test {
  CompileResult compile(const std::string& text) {
    sources.files[".gitlab-ci.yml"] = text;
    request.path = ".gitlab-ci.yml";
    request.predefined = {{"CI_COMMIT_SHA", "abc"}, {"CI_REGISTRY_IMAGE", "registry.example.com/g/p"}};
    CompileResult result = GitLabDialect().compile(request, sources);
    EXPECT_TRUE(result.plan) << render(result.diagnostics, {});
    return result;
  }
  MemorySources sources;
  CompileRequest request;
};

TEST_F(Images, AreNamedWithWhatIsTheSameInEveryPipeline) {
  const CompileResult result = compile(R"(
variables: {PYTHON: "3.12", OS: $BASE-slim, BASE: bookworm}
test:
  image: python:$PYTHON-$OS
  services: [{name: "$CI_REGISTRY_IMAGE/db:$V"}]
  script: make
  parallel: {matrix: [{V: [one, two]}]}
built: {image: "$CI_REGISTRY_IMAGE:$CI_COMMIT_SHA", script: make}
unset: {image: "$NOBODY", script: make}
)");
  EXPECT_THAT(result.images, ElementsAre("$NOBODY", "python:3.12-bookworm-slim", "registry.example.com/g/p/db:one",
                                         "registry.example.com/g/p/db:two", "registry.example.com/g/p:$CI_COMMIT_SHA"));
}

TEST_F(Images, OfRulesThatDontHoldNowAreNamedToo) {
  const CompileResult result = compile(R"(
variables: {V: "1"}
test:
  image: app:$V
  script: make
  rules:
    - {if: $CI_COMMIT_TAG, variables: {V: "2"}}
    - when: always
never: {image: other, script: make, rules: [{when: never}]}
)");
  EXPECT_THAT(result.images, ElementsAre("app:1", "app:2", "other"));
}

TEST_F(Images, StandInJobsByTheirDigestOnceTheyAreLocked) {
  request.image_digests = {{"python:3.12", "ab12"}, {"db@sha256:cd", "cd"}};
  const CompileResult result = compile(R"(
test: {image: "python:$V", services: ["db@sha256:cd", cache], variables: {V: "3.12"}, script: make}
)");
  const Job& job = result.plan->jobs.at(0);
  EXPECT_EQ(job.image->name, "python:3.12@sha256:ab12");
  EXPECT_EQ(job.services.at(0).image.name, "db@sha256:cd");
  EXPECT_EQ(job.services.at(1).image.name, "cache");
}

TEST_F(Images, ChildrenAreAskedForOnceWithWhatTheyGet) {
  request.with_children = true;
  const CompileResult result = compile(R"(
a: {trigger: {include: child.yml}, variables: {X: "1"}}
b: {trigger: {include: child.yml}, variables: {X: "1"}}
c: {trigger: {include: child.yml}, variables: {X: "2"}, rules: [{when: never}]}
d: {trigger: {include: [{artifact: made.yml, job: m}]}}
m: {script: make}
)");
  ASSERT_EQ(result.children.size(), 3U);
  EXPECT_EQ(result.children[0].job, "a");
  EXPECT_EQ(result.children[0].span.line, 2U);
  EXPECT_EQ(result.children[1].job, "c");
  EXPECT_EQ(result.children[1].trigger.variables.at(0).value, "2");
  EXPECT_EQ(result.children[2].trigger.made.size(), 1U);
}

}  // namespace
}  // namespace penstock::gitlab
