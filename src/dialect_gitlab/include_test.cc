#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dialect_gitlab/gitlab.h"
#include "dialect_gitlab/include_address.h"
#include "dialect_gitlab/testing/memory_sources.h"

namespace penstock::gitlab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

CompileResult compile(MemorySources& sources) {
  CompileRequest request;
  request.path = ".gitlab-ci.yml";
  request.predefined = push_variables();
  request.predefined.push_back({"CI_SERVER_FQDN", "gitlab.example.com", true, false, false});
  return GitLabDialect().compile(request, sources);
}

std::vector<std::string> names(const CompileResult& result) {
  std::vector<std::string> all;
  if (!result.plan) return all;
  for (const Job& job : result.plan->jobs) all.push_back(job.name);
  return all;
}

std::vector<std::string> mistakes(const CompileResult& result) {
  std::vector<std::string> all;
  for (const Diagnostic& found : result.diagnostics) {
    if (found.severity == Severity::error) all.push_back(found.name);
  }
  return all;
}

TEST(Include, FilesOfAnotherProjectAtARefWithTheLocalFilesOfThatProject) {
  MemorySources sources;
  sources.files[".gitlab-ci.yml"] =
      "include: {project: group/ci, ref: v1, file: [/build.yml, test.yml]}\nown: {script: 'true'}";
  sources.projects["group/ci@v1"].files = {{"build.yml", "include: /more.yml\nbuild: {script: 'true'}"},
                                           {"more.yml", "more: {script: 'true'}"},
                                           {"test.yml", "unit: {script: 'true'}"}};
  EXPECT_THAT(names(compile(sources)), ElementsAre("more", "build", "unit", "own"));
}

TEST(Include, WhatAnotherProjectLacksIsNamedWithProjectAndRef) {
  MemorySources sources;
  sources.files[".gitlab-ci.yml"] = "include: {project: group/ci, ref: v1, file: /bild.yml}";
  sources.projects["group/ci@v1"].files = {{"build.yml", "build: {script: 'true'}"}};
  const CompileResult result = compile(sources);
  ASSERT_THAT(mistakes(result), ElementsAre("unknown-file"));
  EXPECT_EQ(result.diagnostics[0].message, "`bild.yml` doesn't exist in `group/ci@v1`");
  EXPECT_EQ(result.diagnostics[0].instead, "build.yml");
}

TEST(Include, EachThatCantBeReachedIsNamedWithWhatToDo) {
  MemorySources sources;
  sources.files[".gitlab-ci.yml"] = R"(include:
  - {project: group/ci, file: a.yml}
  - component: gitlab.example.com/group/ci/build@1
  - remote: https://example.com/a.yml
  - template: Jobs/Build.gitlab-ci.yml
  - remote: $NOT_SET
own: {script: 'true'})";
  const CompileResult result = compile(sources);
  ASSERT_EQ(result.diagnostics.size(), 5U);
  for (const Diagnostic& found : result.diagnostics) EXPECT_EQ(found.name, "unreachable-include");
  EXPECT_THAT(result.diagnostics[0].message, HasSubstr("`include: project: group/ci` can't be had: nothing is known"));
  EXPECT_EQ(result.diagnostics[0].help, "configure it");
  EXPECT_THAT(result.diagnostics[1].message, HasSubstr("component: gitlab.example.com/group/ci/build@1"));
  EXPECT_THAT(result.diagnostics[2].message, HasSubstr("remote: https://example.com/a.yml"));
  EXPECT_THAT(result.diagnostics[3].message, HasSubstr("template: Jobs/Build.gitlab-ci.yml"));
  EXPECT_THAT(result.diagnostics[4].message, HasSubstr("remote: $NOT_SET"));
}

TEST(Include, AComponentGetsInputsAndKnowsItself) {
  MemorySources sources;
  sources.version = "1.2.3";
  sources.files[".gitlab-ci.yml"] =
      "include: [{component: $CI_SERVER_FQDN/group/ci/build@1, inputs: {job: compile}}]\n";
  sources.projects["gitlab.example.com/group/ci@1"].files = {
      {"templates/build/template.yml",
       "spec: {component: [name, version, reference, sha], inputs: {job: }}\n---\n"
       "include: /parts.yml\n"
       "$[[ inputs.job ]]: {script: 'echo $[[ component.name ]] $[[ component.version ]] $[[ component.reference ]] "
       "$[[ component.sha ]]'}\n"},
      {"parts.yml", "spec: {component: [version]}\n---\npart: {script: 'echo $[[ component.version ]]'}"}};
  const CompileResult result = compile(sources);
  ASSERT_THAT(names(result), ElementsAre("part", "compile"));
  EXPECT_EQ(std::get<ScriptStep>(result.plan->jobs[1].steps.at(0)).lines.at(0),
            "echo build 1.2.3 1 0123456789abcdef0123456789abcdef01234567");
  EXPECT_EQ(std::get<ScriptStep>(result.plan->jobs[0].steps.at(0)).lines.at(0), "echo 1.2.3");
}

TEST(Include, AComponentThatIsntThereIsSuggestedANearOne) {
  MemorySources sources;
  sources.files[".gitlab-ci.yml"] = "include: [{component: $CI_SERVER_FQDN/group/ci/bild@1}]";
  sources.projects["gitlab.example.com/group/ci@1"].files = {{"templates/build.yml", "a: {script: a}"}};
  const CompileResult result = compile(sources);
  ASSERT_THAT(mistakes(result), ElementsAre("unknown-component"));
  EXPECT_EQ(result.diagnostics[0].instead, "build");
}

TEST(Include, WhatTheHeaderDoesntAskForIsAMistake) {
  MemorySources sources;
  sources.files[".gitlab-ci.yml"] = "spec: {inputs: {}}\n---\na: {script: 'echo $[[ component.sha ]]'}";
  const CompileResult result = compile(sources);
  ASSERT_THAT(mistakes(result), ElementsAre("unknown-input"));
  EXPECT_THAT(result.diagnostics[0].help, HasSubstr("spec: {component: [sha]}"));
}

TEST(Include, RemoteFilesAndTemplatesHaveNoLocalOnes) {
  MemorySources sources;
  sources.files[".gitlab-ci.yml"] = "include: ['https://example.com/a.yml', {template: B.gitlab-ci.yml}]";
  sources.remotes["https://example.com/a.yml"] = "include: /more.yml\na: {script: a}";
  sources.templates["B.gitlab-ci.yml"] = "b: {script: b}";
  sources.files["more.yml"] = "more: {script: more}";
  const CompileResult result = compile(sources);
  ASSERT_THAT(mistakes(result), ElementsAre("unknown-file"));
  EXPECT_EQ(result.diagnostics[0].span.file->name, "https://example.com/a.yml");
  ASSERT_EQ(result.diagnostics[0].include_chain.size(), 1U);
  EXPECT_EQ(result.diagnostics[0].include_chain[0].file->name, ".gitlab-ci.yml");
}

TEST(Include, IntegrityIsChecked) {
  MemorySources sources;
  sources.remotes["https://example.com/a.yml"] = "a: {script: a}";
  const auto with = [&](const std::string& integrity) {
    sources.files[".gitlab-ci.yml"] = "include: [{remote: https://example.com/a.yml, integrity: " + integrity + "}]";
    return compile(sources);
  };
  EXPECT_THAT(names(with(to_integrity(sha256("a: {script: a}")))), ElementsAre("a"));
  const CompileResult other = with(to_integrity(sha256("a: {script: b}")));
  EXPECT_THAT(mistakes(other), ElementsAre("integrity"));
  EXPECT_THAT(other.diagnostics[0].help, HasSubstr(to_integrity(sha256("a: {script: a}"))));
  EXPECT_THAT(mistakes(with("sha256-short")), ElementsAre("invalid-integrity"));
}

TEST(Include, ACycleIsToldWithTheWayRound) {
  MemorySources sources;
  sources.files[".gitlab-ci.yml"] = "include: [{project: g/a, file: a.yml}]\nx: {script: x}";
  sources.projects["g/a"].files = {{"a.yml", "include: [{project: g/b, ref: main, file: b.yml}]"}};
  sources.projects["g/b@main"].files = {{"b.yml", "include: [{project: g/a, file: a.yml}]"}};
  const CompileResult result = compile(sources);
  ASSERT_THAT(mistakes(result), ElementsAre("include-cycle"));
  EXPECT_EQ(result.diagnostics[0].message, "`g/a:a.yml` includes itself: `g/a:a.yml` → `g/b@main:b.yml` → `g/a:a.yml`");
  EXPECT_EQ(result.diagnostics[0].include_chain.size(), 2U);
}

TEST(Include, AFileMayBeIncludedTwice) {
  MemorySources sources;
  sources.files[".gitlab-ci.yml"] = "include: [{project: g/a, file: a.yml}, {project: g/a, file: a.yml}]";
  sources.projects["g/a"].files = {{"a.yml", "a: {script: a}"}};
  EXPECT_THAT(names(compile(sources)), ElementsAre("a"));
}

TEST(Include, ExistsLooksIntoTheProjectOfTheFileElseIntoTheOneThatItNames) {
  MemorySources sources;
  sources.files[".gitlab-ci.yml"] = "include: [{project: g/a, file: a.yml}]";
  sources.files["here"] = "";
  sources.projects["g/a"].files = {{"a.yml",
                                    "include:\n"
                                    "- {local: b.yml, rules: [{exists: [there]}]}\n"
                                    "- {local: c.yml, rules: [{exists: [here]}]}\n"
                                    "a: {script: a, rules: [{exists: [here]}]}\n"
                                    "d: {script: d, rules: [{exists: {paths: [there], project: g/a}}]}\n"
                                    "e: {script: e, rules: [{exists: {paths: [there], project: g/other, ref: v2}}]}"},
                                   {"there", ""},
                                   {"b.yml", "b: {script: b}"},
                                   {"c.yml", "c: {script: c}"}};
  sources.projects["g/other@v2"].files = {{"nothing", ""}};
  EXPECT_THAT(names(compile(sources)), ElementsAre("b", "a", "d"));
}

TEST(Include, WhatSomebodyElseCanChangeIsWarnedOfUnlessItIsLocked) {
  MemorySources sources;
  sources.files[".gitlab-ci.yml"] = R"(include:
  - {project: g/a, file: a.yml}
  - {project: g/a, ref: main, file: a.yml}
  - {project: g/a, ref: v1.2.0, file: a.yml}
  - {project: g/mine, file: a.yml}
  - component: gitlab.example.com/g/a/a@1.2
  - component: gitlab.example.com/g/a/a@1.2.0
  - remote: https://example.com/a.yml
  - remote: https://example.com/0123456789abcdef0123456789abcdef01234567/a.yml)";
  CompileRequest request;
  request.path = ".gitlab-ci.yml";
  for (const char* name :
       {"g/a", "g/a@main", "g/a@v1.2.0", "g/mine", "gitlab.example.com/g/a@1.2", "gitlab.example.com/g/a@1.2.0"}) {
    sources.projects[name].files = {{"a.yml", "a: {script: a}"}, {"templates/a.yml", "a: {script: a}"}};
  }
  sources.remotes = {{"https://example.com/a.yml", "a: {script: a}"},
                     {"https://example.com/0123456789abcdef0123456789abcdef01234567/a.yml", "a: {script: a}"}};
  request.predefined = {{"CI_PROJECT_PATH", "g/mine", true, false, false}};
  request.advise = true;
  const auto warned_lines = [&] {
    std::vector<int> lines;
    for (const Diagnostic& found : GitLabDialect().compile(request, sources).diagnostics) {
      if (found.name == "unpinned-include") lines.push_back(static_cast<int>(found.span.line));
    }
    return lines;
  };
  EXPECT_THAT(warned_lines(), ElementsAre(2, 3, 6, 8));
  request.locked = true;
  EXPECT_THAT(warned_lines(), ElementsAre());
}

TEST(Include, ASurveyAsksForWhatRulesLeaveOut) {
  MemorySources sources;
  sources.files[".gitlab-ci.yml"] = R"(include: [{project: g/a, file: a.yml, rules: [{if: $CI_COMMIT_TAG}]}]
make: {script: make, image: own})";
  sources.projects["g/a"].files = {
      {"a.yml",
       "include: [{project: g/gone, file: a.yml}]\nwrong: 1\nx: {image: {name: a}, services: [b, {name: c}]}"}};
  CompileRequest request;
  request.path = ".gitlab-ci.yml";
  request.every_include = true;
  const CompileResult result = GitLabDialect().compile(request, sources);
  EXPECT_THAT(names(result), ElementsAre("make"));
  EXPECT_THAT(result.images, ElementsAre("a", "b", "c", "own"));
  ASSERT_EQ(result.diagnostics.size(), 1U) << render(result.diagnostics, {});
  EXPECT_EQ(result.diagnostics[0].message.substr(0, 28), "`include: project: g/gone` c");
  request.every_include = false;
  EXPECT_TRUE(GitLabDialect().compile(request, sources).diagnostics.empty());
}

TEST(Include, ASurveyKnowsTheChildPipelinesOfWhatRulesLeaveOut) {
  MemorySources sources;
  sources.files[".gitlab-ci.yml"] =
      "include:\n  - {local: a.yml, rules: [{if: $CI_COMMIT_TAG}]}\n  - {local: b.yml, rules: [{if: $NIGHTLY}]}\n"
      ".child: {trigger: {include: [{local: $FILE}]}}\nmake: {script: make}";
  sources.files["a.yml"] =
      "include: [{local: c.yml, rules: [{if: $DEEP}]}]\nstart: {extends: .child, variables: {FILE: x.yml}}";
  sources.files["b.yml"] = "start: {trigger: {include: [{local: y.yml}]}}";
  sources.files["c.yml"] = "more: {image: deep, trigger: {include: [{local: z.yml}]}}";
  CompileRequest request;
  request.path = ".gitlab-ci.yml";
  request.with_children = true;
  EXPECT_TRUE(GitLabDialect().compile(request, sources).children.empty());
  request.every_include = true;
  const CompileResult result = GitLabDialect().compile(request, sources);
  EXPECT_THAT(names(result), ElementsAre("make"));
  std::vector<std::string> jobs;
  for (const ChildRequest& child : result.children) jobs.push_back(child.job + " " + child.trigger.name);
  EXPECT_THAT(jobs, testing::UnorderedElementsAre("start $FILE", "start y.yml", "more z.yml"));
}

TEST(Include, KindsDontMix) {
  EXPECT_THAT(mistakes(compile_text("include: {local: a.yml, remote: 'https://a/b.yml'}")),
              ElementsAre("conflicting-keywords"));
  EXPECT_THAT(mistakes(compile_text("include: {local: a.yml, ref: main}")), ElementsAre("conflicting-keywords"));
  EXPECT_THAT(mistakes(compile_text("include: {project: a/b}")), ElementsAre("missing-value"));
  EXPECT_THAT(mistakes(compile_text("include: {project: a/b, file: ../a.yml}")), ElementsAre("path-outside"));
  EXPECT_THAT(mistakes(compile_text("include: {template: ../a.gitlab-ci.yml}")), ElementsAre("invalid-include"));
  EXPECT_THAT(mistakes(compile_text("include: {component: host/name@1}")), ElementsAre("invalid-include"));
  EXPECT_THAT(mistakes(compile_text("include: {project: a/../b, file: a.yml}")), ElementsAre("invalid-include"));
}

TEST(IncludeAddress, AComponentsAddressHasAllItsParts) {
  EXPECT_EQ(parse_component_address("gitlab.com/a/b/c@~latest"),
            (ComponentAddress{"gitlab.com", "a/b", "c", "~latest"}));
  EXPECT_EQ(parse_component_address("localhost:8443/a/b/c/d@feat/x"),
            (ComponentAddress{"localhost:8443", "a/b/c", "d", "feat/x"}));
  for (const char* wrong : {"", "gitlab.com/a/b/c", "gitlab.com/a/c@1", "/a/b/c@1", "gitlab.com/a/b/c@", "h/a//b/c@1",
                            "h/../b/c@1", "h/-a/b/c@1", "-h/a/b/c@1", "h/a/b/@1"}) {
    EXPECT_EQ(parse_component_address(wrong), std::nullopt) << wrong;
  }
}

TEST(IncludeAddress, IntegrityIsSha256AsBase64) {
  const Digest digest = sha256("hello");
  EXPECT_EQ(to_integrity(digest), "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=");
  EXPECT_EQ(parse_integrity(to_integrity(digest)), digest);
  EXPECT_EQ(parse_integrity("sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCR="), std::nullopt);
  EXPECT_EQ(parse_integrity("sha384-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="), std::nullopt);
}

}  // namespace
}  // namespace penstock::gitlab
