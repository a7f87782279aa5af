#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "git/testing/scratch_repository.h"
#include "intake/intake.h"

namespace penstock {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A project whose pipeline is looked at with its children, as `ci lint` does.
struct Children : testing::Test {
  Compiled look(IntakeOptions options = {}) {
    scratch.commit();
    options.children = options.advise = true;
    return compile_pipeline(git::Repository::open(scratch.path()).value(), options).value();
  }
  static std::string at(const SourceSpan& span) {
    return (span.file ? span.file->name : "") + ":" + std::to_string(span.line) + ":" + std::to_string(span.column);
  }
  /// `name file:line < file:line of what led there` of each finding.
  static std::vector<std::string> told(const Compiled& compiled) {
    std::vector<std::string> lines;
    for (const Diagnostic& one : compiled.diagnostics) {
      std::string line = one.name + " " + at(one.span);
      for (const SourceSpan& span : one.include_chain) line += " < " + at(span);
      lines.push_back(std::move(line));
    }
    return lines;
  }
  git::ScratchRepository scratch;
};

TEST_F(Children, MistakesAreToldWithTheWayThere) {
  scratch.write(".gitlab-ci.yml", "include: inner.yml\nbuild: {script: make}\n");
  scratch.write("inner.yml", "child:\n  trigger:\n    include: [child.yml, gone.yml]\n");
  scratch.write("child.yml", "include: common.yml\ndeeper:\n  trigger: {include: deeper.yml}\n");
  scratch.write("common.yml", "test:\n  scrip: make\n");
  scratch.write("deeper.yml", "job:\n  script: make\n  stage: nowhere\n");
  const Compiled compiled = look();
  EXPECT_FALSE(compiled.plan);
  EXPECT_THAT(
      told(compiled),
      testing::IsSupersetOf({"unknown-keyword common.yml:2:3 < child.yml:1:10 < inner.yml:3:14 < .gitlab-ci.yml:1:10",
                             "unknown-file inner.yml:3:14 < .gitlab-ci.yml:1:10",
                             "unknown-stage deeper.yml:3:10 < child.yml:3:22 < inner.yml:3:14 < .gitlab-ci.yml:1:10"}));
}

TEST_F(Children, AreLookedAtAsTheirParentWouldStartThem) {
  scratch.write(".gitlab-ci.yml", R"(
child:
  variables: {STAGE: test}
  trigger: {include: [{local: child.yml, inputs: {name: one}}]}
  rules: [{when: never}]
build: {script: make}
)");
  scratch.write("child.yml", R"(spec: {inputs: {name: {options: [one]}}}
---
workflow: {rules: [{if: $CI_PIPELINE_SOURCE == "parent_pipeline" && $STAGE == "test"}]}
$[[ inputs.name ]]: {script: make}
)");
  EXPECT_THAT(told(look()), ElementsAre());
}

TEST_F(Children, ThatOnlyAJobOrAVariableDecidesAreNamedAsNotLookedAt) {
  scratch.write(".gitlab-ci.yml", R"(
make: {script: make, artifacts: {paths: [made.yml]}}
made: {trigger: {include: [{artifact: made.yml, job: make}, child.yml]}}
some: {trigger: {include: [{local: $FILE}]}}
)");
  scratch.write("child.yml", "job: {script: make, needs: [from-made]}\n");
  const Compiled compiled = look();
  EXPECT_TRUE(compiled.plan) << render(compiled.diagnostics, {});
  EXPECT_THAT(compiled.unseen_children,
              ElementsAre(testing::AllOf(HasSubstr("`made`"), HasSubstr("`make` makes `made.yml`")),
                          testing::AllOf(HasSubstr("`some`"), HasSubstr("variables"))));
}

TEST_F(Children, ImagesOfChildrenAreTakenAndLocked) {
  scratch.write(".gitlab-ci.yml", R"(
child: {trigger: {include: child.yml}, parallel: {matrix: [{V: ["1", "2"]}]}}
)");
  scratch.write("child.yml", "job: {script: make, image: \"tool:$V\"}\n");
  IntakeOptions options;
  options.relock = LockFile();
  LockFile used = look(options).used;
  ASSERT_EQ(used.pins.size(), 2U);
  EXPECT_EQ(used.pins[0].name, "tool:1");
  EXPECT_EQ(used.pins[1].name, "tool:2");
  used.pins.pop_back();
  used.pins[0].sha256 = std::string(64, 'a');
  scratch.write(".ci/lock.json", to_text(used));
  EXPECT_THAT(told(look()), ElementsAre());  // of one trigger's children the first is looked at
  scratch.write("child.yml", "job: {script: make, image: other}\n");
  EXPECT_THAT(told(look()), ElementsAre("unlocked-image .gitlab-ci.yml:2:28"));

  ChildOptions child;
  child.commit = git::Repository::open(scratch.path())->head().value();
  child.name = "child.yml";
  child.source = R"({"include": ["child.yml"]})";
  const git::Repository repository = git::Repository::open(scratch.path()).value();
  EXPECT_THAT(render(compile_child(repository, child)->diagnostics, {}), HasSubstr("`other` isn't in `.ci/lock.json`"));
  scratch.write("child.yml", "job: {script: make, image: \"tool:1\"}\n");
  scratch.commit();
  child.commit = repository.head().value();
  const Result<Compiled> compiled = compile_child(repository, child);
  ASSERT_TRUE(compiled->plan) << render(compiled->diagnostics, {});
  EXPECT_EQ(compiled->plan->jobs[0].image->name, "tool:1@sha256:" + std::string(64, 'a'));
}

}  // namespace
}  // namespace penstock
