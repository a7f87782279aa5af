#include "intake/circumstances.h"

#include <gtest/gtest.h>

#include "git/testing/scratch_repository.h"
#include "intake/intake.h"

namespace penstock {
namespace {

/// A project with a branch `topic` of two commits, the last of which touches `app.py` alone.
class CircumstancesTest : public ::testing::Test {
 protected:
  CircumstancesTest() {
    scratch_.write("base.txt", "1");
    scratch_.commit();
    scratch_.git({"checkout", "--quiet", "-b", "topic"});
    scratch_.write("docs/a.md", "1");
    scratch_.commit();
    scratch_.write("app.py", "1");
    scratch_.commit("Add it\n\nSo that it is there");
  }

  Result<Compiled> compile(const std::string& pipeline, const Circumstances& circumstances) {
    if (pipeline != committed_) {
      committed_ = pipeline;
      scratch_.write(".gitlab-ci.yml", pipeline);
      scratch_.git({"add", "--all"});
      scratch_.git({"commit", "--quiet", "--amend", "--no-edit"});
    }
    PENSTOCK_TRY(git::Repository repository, git::Repository::open(scratch_.path()));
    return compile_pipeline(repository, {.circumstances = circumstances});
  }

  std::string variable(const Circumstances& circumstances, std::string_view name) {
    const Result<Compiled> compiled = compile("job: {script: make, rules: [{when: always}]}", circumstances);
    if (!compiled.ok()) return compiled.error().message;
    for (const Variable& variable : compiled->plan->variables) {
      if (variable.name == name) return variable.value;
    }
    return "(not set)";
  }

  std::string jobs(const std::string& pipeline, const Circumstances& circumstances) {
    const Result<Compiled> compiled = compile(pipeline, circumstances);
    if (!compiled.ok()) return compiled.error().message;
    if (!compiled->plan) return "none";
    std::string names;
    for (const Job& job : compiled->plan->jobs) names += (names.empty() ? "" : " ") + job.name;
    return names;
  }

  std::string words(const Circumstances& wanted) {
    const Result<git::Repository> repository = git::Repository::open(scratch_.path());
    const Result<Circumstances> settled = settle(wanted, *repository, "topic", {});
    return settled.ok() ? in_words(*settled) : settled.error().message + "; " + settled.error().help;
  }

  git::ScratchRepository scratch_;
  std::string committed_;
};

TEST_F(CircumstancesTest, WhatIsNotSaidComesFromWhereHeadIs) {
  EXPECT_EQ(words({}), "push of topic");
  EXPECT_EQ(words({.event = "merge_request"}), "merge request of topic into main");
  EXPECT_EQ(words({.event = "schedule", .branch = "main"}), "schedule of main");
  EXPECT_EQ(words({.tag = "v2"}), "tag v2");
  EXPECT_EQ(words({.target_branch = "stable"}), "merge request of topic into stable");
  EXPECT_EQ(words({.event = "parent_pipeline"}), "parent pipeline of topic");
}

TEST_F(CircumstancesTest, ATagPipelineIsOfTheNewestTagWhereNoneIsNamed) {
  EXPECT_EQ(words({.event = "tag"}), "tag v1.0.0");
  scratch_.git({"tag", "2024.1"});
  EXPECT_EQ(words({.event = "tag"}), "tag 2024.1");
}

TEST_F(CircumstancesTest, AMergeRequestOfTheTargetItselfComesFromAFeatureBranch) {
  EXPECT_EQ(words({.event = "merge_request", .branch = "main"}), "merge request of feature into main");
}

TEST_F(CircumstancesTest, WhatCantBeIsRefusedWithAReason) {
  EXPECT_EQ(words({.event = "merge_requst"}), "there is no event `merge_requst`; did you mean `merge_request`?");
  EXPECT_EQ(words({.event = "nonsense"}).substr(0, 49), "there is no event `nonsense`; events are push, me");
  EXPECT_EQ(words({.branch = "a", .tag = "b"}).substr(0, 34), "a pipeline is of a branch or of a ");
  EXPECT_EQ(words({.event = "merge_request", .tag = "b"}), "a merge request is of a branch, not of a tag; ");
  EXPECT_EQ(words({.event = "push", .target_branch = "b"}),
            "only a merge request has a target branch; add --event merge_request");
}

TEST_F(CircumstancesTest, EachEventHasGitLabsVariables) {
  const Circumstances merge{.event = "merge_request"};
  EXPECT_EQ(variable(merge, "CI_PIPELINE_SOURCE"), "merge_request_event");
  EXPECT_EQ(variable(merge, "CI_COMMIT_BRANCH"), "(not set)");
  EXPECT_EQ(variable(merge, "CI_COMMIT_REF_NAME"), "topic");
  EXPECT_EQ(variable(merge, "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"), "topic");
  EXPECT_EQ(variable(merge, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"), "main");
  EXPECT_EQ(variable(merge, "CI_MERGE_REQUEST_TITLE"), "Add it");
  EXPECT_EQ(variable(merge, "CI_MERGE_REQUEST_DIFF_BASE_SHA"), scratch_.git({"rev-parse", "main"}));
  EXPECT_EQ(variable(merge, "CI_OPEN_MERGE_REQUESTS"), variable(merge, "CI_PROJECT_PATH") + "!1");
  EXPECT_EQ(variable(merge, "CI_COMMIT_BEFORE_SHA"), std::string(40, '0'));
  EXPECT_EQ(variable({}, "CI_MERGE_REQUEST_IID"), "(not set)");
  EXPECT_EQ(variable({}, "CI_COMMIT_BRANCH"), "topic");
  EXPECT_EQ(variable({.event = "schedule"}, "CI_PIPELINE_SOURCE"), "schedule");
  EXPECT_EQ(variable({.event = "trigger"}, "CI_PIPELINE_TRIGGERED"), "true");
}

TEST_F(CircumstancesTest, ATagHasItsMessageAndNoBranch) {
  scratch_.git({"tag", "-a", "v3", "-m", "Third"});
  EXPECT_EQ(variable({.tag = "v3"}, "CI_COMMIT_TAG"), "v3");
  EXPECT_EQ(variable({.tag = "v3"}, "CI_COMMIT_TAG_MESSAGE"), "Third");
  EXPECT_EQ(variable({.tag = "v3"}, "CI_COMMIT_BRANCH"), "(not set)");
  EXPECT_EQ(variable({.tag = "v3"}, "CI_COMMIT_REF_NAME"), "v3");
}

constexpr const char* kChanges = R"(
docs: {script: make, rules: [{changes: [docs/*]}]}
app: {script: make, rules: [{changes: [app.py]}]}
other: {script: make, rules: [{changes: [other.py]}]}
)";

TEST_F(CircumstancesTest, ChangesAreComparedForPushesAndMergeRequestsAlone) {
  EXPECT_EQ(jobs(kChanges, {}), "docs app");
  EXPECT_EQ(jobs(kChanges, {.event = "merge_request"}), "docs app");
  EXPECT_EQ(jobs(kChanges, {.event = "schedule"}), "docs app other");
  EXPECT_EQ(jobs(kChanges, {.event = "tag"}), "docs app other");
}

TEST_F(CircumstancesTest, ChangedFilesCanBeGiven) {
  EXPECT_EQ(jobs(kChanges, {.changed = {{"other.py"}}}), "other");
  EXPECT_EQ(jobs(kChanges, {.event = "schedule", .changed = {{"docs/x"}}}), "docs");
}

TEST_F(CircumstancesTest, AMergeRequestIsComparedWithItsTarget) {
  scratch_.git({"branch", "stable", "HEAD~1"});
  EXPECT_EQ(jobs(kChanges, {.target_branch = "stable"}), "app");
}

TEST_F(CircumstancesTest, WithoutRulesAJobIsPartOfAMergeRequestsPipelineOnlyWhereTheWorkflowHasSome) {
  const std::string job = "plain: {script: make}\nboth: {script: make, only: [merge_requests, topic]}\n";
  EXPECT_EQ(jobs(job, {.event = "merge_request"}), "both");
  EXPECT_EQ(jobs(job, {}), "plain both");
  EXPECT_EQ(jobs("workflow: {rules: [{when: always}]}\n" + job, {.event = "merge_request"}), "plain both");
}

TEST_F(CircumstancesTest, NamesAndPatternsOfOnlyAreNotThoseOfMergeRequests) {
  const std::string text = "a: {script: make, only: [topic]}\nb: {script: make, only: [/to/]}\nc: {script: make}\n";
  EXPECT_EQ(jobs(text, {}), "a b c");
  EXPECT_EQ(jobs(text, {.event = "merge_request"}), "");
  EXPECT_EQ(
      jobs("a: {script: make, only: [schedules]}\nb: {script: make, except: [schedules]}\n", {.event = "schedule"}),
      "a");
  EXPECT_EQ(jobs("a: {script: make, only: [tags]}\nb: {script: make, only: [branches]}\n", {.tag = "v1"}), "a");
}

TEST_F(CircumstancesTest, AChildSeesItsParentsMergeRequestAndTheFilesThatAJobHasMade) {
  const Result<Compiled> parent = compile("job: {script: make, rules: [{when: always}]}", {.event = "merge_request"});
  ASSERT_TRUE(parent.ok());
  const Result<git::Repository> repository = git::Repository::open(scratch_.path());
  ChildOptions options;
  options.commit = scratch_.git({"rev-parse", "HEAD"});
  options.name = "made.yml";
  options.source = R"({"include":[{"local":"made.yml"}]})";
  options.made = {{"made.yml",
                   "a: {script: make, rules: [{if: $CI_PIPELINE_SOURCE == 'parent_pipeline'}]}\n"
                   "b: {script: make, rules: [{if: $CI_MERGE_REQUEST_IID && $WHO == 'me', changes: [app.py]}]}\n"
                   "c: {script: make, rules: [{changes: [other.py]}]}\n"
                   "d: {script: make}\n"}};
  options.predefined = parent->plan->variables;
  options.variables = {{"WHO", "me"}};
  const Result<Compiled> child = compile_child(*repository, options);
  ASSERT_TRUE(child.ok());
  ASSERT_TRUE(child->plan) << render(child->diagnostics, {});
  EXPECT_EQ(child->plan->source, "made.yml");
  ASSERT_EQ(child->plan->jobs.size(), 2u);
  EXPECT_EQ(child->plan->jobs[0].name, "a");
  EXPECT_EQ(child->plan->jobs[1].name, "b");
}

TEST_F(CircumstancesTest, SeveralEventsAreCompiledAtOnce) {
  scratch_.write(".gitlab-ci.yml", "a: {script: make, only: [tags]}\nb: {script: make, only: [web]}\n");
  scratch_.commit();
  const Result<git::Repository> repository = git::Repository::open(scratch_.path());
  const auto all = compile_for_events(*repository, {}, {{.event = "tag"}, {.event = "web"}});
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->at(0).plan->jobs.at(0).name, "a");
  EXPECT_EQ(all->at(1).plan->jobs.at(0).name, "b");
}

TEST_F(CircumstancesTest, OfAProjectAreAllThatThereAreTheUsualOnesFirst) {
  std::vector<std::string> usual;
  std::vector<std::string> others;
  for (const ProjectEvent& event : project_events("trunk", {.branch = "topic", .tag = "v2", .target_branch = "next"}))
    (event.usual ? usual : others).push_back(words(event.circumstances));
  EXPECT_EQ(usual, (std::vector<std::string>{"push of trunk", "push of topic", "merge request of topic into next",
                                             "tag v2", "schedule of trunk", "web of trunk"}));
  EXPECT_EQ(usual.size() + others.size(), event_words().size());  // two pushes, and no child pipeline
  EXPECT_EQ(project_events("", {})[1].head, "feature");
}

}  // namespace
}  // namespace penstock
