#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "blobs/tree.h"
#include "runner/testing/job_test.h"

namespace penstock {
namespace {

/// What jobs leave and what later ones get.
class KeepTest : public JobTest {
 protected:
  /// Paths of the kept files of a kind, in order, with their targets where they are links.
  std::vector<std::string> kept(const JobResult& result, std::string_view kind = "archive") {
    std::vector<std::string> paths;
    for (const KeptArtifact& artifact : result.artifacts) {
      if (artifact.kind != kind) continue;
      const Tree tree = get_tree(*blobs, artifact.tree).value();
      for (const TreeEntry& entry : tree) {
        const bool folder = entry.kind == TreeEntry::Kind::folder;
        paths.push_back(entry.path + (folder ? "/" : "") + (entry.target.empty() ? "" : " -> " + entry.target));
      }
    }
    return paths;
  }
  using Paths = std::vector<std::string>;
};

TEST_F(KeepTest, ArtifactsAreKeptAndGivenToALaterJob) {
  spec.artifacts.paths = {"dist/*.whl", "bin/"};
  spec.artifacts.name = "$CI_JOB_NAME-files";
  spec.artifacts.expire_in = std::chrono::hours(1);
  spec.variables = {{"CI_JOB_NAME", "build", false, false, false}};
  const JobResult built = run({"mkdir -p dist bin", "echo w >dist/app-1.0-py3-none-any.whl; echo x >dist/log",
                               "echo run >bin/run; chmod 700 bin/run"});
  EXPECT_EQ(kept(built), (Paths{"bin/", "bin/run", "dist/app-1.0-py3-none-any.whl"}));
  ASSERT_EQ(built.artifacts.size(), 1u);
  EXPECT_EQ(built.artifacts[0].name, "build-files");
  EXPECT_EQ(built.artifacts[0].files, 2u);
  EXPECT_EQ(built.artifacts[0].bytes, 6u);
  EXPECT_EQ(built.artifacts[0].expires_at, clock.now() + std::chrono::hours(1));
  EXPECT_EQ(built.packages, Paths{"app-1.0-py3-none-any.whl"});

  spec.artifacts = {};
  spec.inputs = {{"build", built.artifacts[0].tree}};
  EXPECT_EQ(run({"cat dist/*.whl", "test ! -e dist/log", "stat -c %a bin/run"}).outcome.reason, EndReason::passed);
  EXPECT_NE(log().find("\n700\n"), std::string::npos) << log();
}

TEST_F(KeepTest, GlobsFoldersAndExcludesFollowGitLab) {
  executor.files = {{"src/a.py", ""},    {"src/deep/er/b.py", ""}, {"src/deep/c.txt", ""},
                    {"out/.hidden", ""}, {"out/sub/x.o", ""},      {"out/y.o", ""}};
  spec.artifacts.paths = {"src/**/*.py", "./out/"};
  spec.artifacts.exclude = {"out/*.o"};
  EXPECT_EQ(kept(run({"true"})),
            (Paths{"out/", "out/.hidden", "out/sub/", "out/sub/x.o", "src/a.py", "src/deep/er/b.py"}));
  spec.artifacts.exclude = {"out/**/*", "src/a.py"};
  EXPECT_EQ(kept(run({"true"})), (Paths{"out/", "src/deep/er/b.py"}));
  spec.artifacts.paths = {"out"};
  spec.artifacts.exclude = {"out/sub/**"};
  EXPECT_EQ(kept(run({"true"})), (Paths{"out/", "out/.hidden", "out/y.o"}));
}

TEST_F(KeepTest, AnAbsolutePathInsideTheProjectIsInsideIt) {
  spec.artifacts.paths = {"$CI_PROJECT_DIR/dist/x"};
  EXPECT_EQ(kept(run({"mkdir dist; touch dist/x"})), Paths{"dist/x"});
}

TEST_F(KeepTest, GitsFolderIsNeverKept) {
  executor.files = {{".git/HEAD", "x"}, {"a", ""}, {"sub/.git/HEAD", "y"}};
  spec.artifacts.paths = {"./", ".git/HEAD", ".git"};
  EXPECT_EQ(kept(run({"true"})), (Paths{"a", "sub/", "sub/.git/", "sub/.git/HEAD"}));
}

TEST_F(KeepTest, APathOutsideTheProjectFailsTheJobByItsName) {
  for (const std::string path : {"../secret", "/etc/hostname", "a/../../secret", "up/etc/hostname"}) {
    spec.artifacts.paths = {path};
    const JobResult result = run({"ln -s / up"});
    EXPECT_EQ(result.outcome.reason, EndReason::artifacts_failure) << path;
    EXPECT_NE(result.outcome.detail.find("`" + path + "`"), std::string::npos) << result.outcome.detail;
    EXPECT_TRUE(result.artifacts.empty());
  }
}

TEST_F(KeepTest, ARefusedPathHidesNothingOfTheOthers) {
  spec.artifacts.paths = {"/etc/hostname", "no/such", "d"};
  const JobResult result = run({"mkdir d; ln -s /etc/passwd d/out"});
  EXPECT_EQ(result.outcome.reason, EndReason::artifacts_failure);
  EXPECT_NE(result.outcome.detail.find("`/etc/hostname`"), std::string::npos) << result.outcome.detail;
  ASSERT_EQ(result.notes.size(), 2u);
  EXPECT_EQ(result.notes[0], "no/such: no matching files");
  EXPECT_NE(result.notes[1].find("`d/out`"), std::string::npos);
}

TEST_F(KeepTest, LinksStayLinksAndThoseThatLeadOutAreLeftOutByName) {
  spec.artifacts.paths = {"d"};
  const JobResult result =
      run({"mkdir d; touch d/f; ln -s f d/in; ln -s /etc/passwd d/out; ln -s ../../x d/up; ln -s $PWD/d/f d/absolute"});
  const Paths paths = kept(result);
  EXPECT_EQ(paths.size(), 4u);
  EXPECT_EQ(paths[3], "d/in -> f");
  EXPECT_EQ(result.outcome.reason, EndReason::passed);
  ASSERT_EQ(result.notes.size(), 2u);
  EXPECT_NE(result.notes[0].find("`d/out`"), std::string::npos);
  EXPECT_NE(result.notes[0].find("`/etc/passwd`"), std::string::npos);
}

TEST_F(KeepTest, WhatMatchesNothingIsAWarning) {
  spec.artifacts.paths = {"dist/", "*.whl"};
  const JobResult result = run({"true"});
  EXPECT_EQ(result.outcome.reason, EndReason::passed);
  EXPECT_EQ(result.notes, (Paths{"dist/: no matching files", "*.whl: no matching files"}));
  EXPECT_NE(log().find("WARNING: dist/: no matching files\n"), std::string::npos) << log();
  EXPECT_TRUE(result.artifacts.empty());
}

TEST_F(KeepTest, ArtifactsAreKeptWhenTheySaySo) {
  spec.artifacts.paths = {"x"};
  EXPECT_TRUE(kept(run({"touch x; exit 1"})).empty());
  spec.artifacts.when = KeepWhen::on_failure;
  EXPECT_EQ(kept(run({"touch x; exit 1"})), Paths{"x"});
  EXPECT_TRUE(kept(run({"touch x"})).empty());
  spec.artifacts.when = KeepWhen::always;
  EXPECT_EQ(kept(run({"touch x; exit 1"})), Paths{"x"});
  EXPECT_EQ(kept(run({"touch x"})), Paths{"x"});
}

TEST_F(KeepTest, UntrackedIsWhatGitDoesNotTrackIgnoredOrNot) {
  spec.artifacts.untracked = true;
  const JobResult result = run({"git init -q . && touch tracked && git add tracked",
                                "echo '*.o' >.gitignore; touch a.o 'b c'; mkdir d; touch d/e"});
  EXPECT_EQ(kept(result), (Paths{".gitignore", "a.o", "b c", "d/e"})) << log();
}

TEST_F(KeepTest, ArtifactsThatAreGoneAreAMissingDependency) {
  spec.inputs = {{"build", sha256("gone")}};
  const JobResult result = run({"echo never"});
  EXPECT_EQ(result.outcome.reason, EndReason::missing_dependency);
  EXPECT_NE(result.outcome.detail.find("`build`"), std::string::npos);
  EXPECT_EQ(log().find("$ echo"), std::string::npos);
}

TEST_F(KeepTest, ACacheComesBackWithItsLinks) {
  Cache cache;
  cache.key = "$CI_COMMIT_REF_SLUG-pip";
  cache.paths = {"venv/", "/outside"};
  spec.caches = {cache};
  spec.variables = {{"CI_COMMIT_REF_SLUG", "main", false, false, false}};
  EXPECT_EQ(run({"mkdir venv; ln -s /usr/bin/env venv/python; echo kept >venv/x"}).outcome.reason, EndReason::passed);
  EXPECT_TRUE(source.caches.contains("main-pip"));
  EXPECT_NE(log().find("`/outside` lies outside"), std::string::npos) << log();
  EXPECT_EQ(run({"cat venv/x; readlink venv/python"}).outcome.reason, EndReason::passed);
  EXPECT_NE(log().find("kept\n/usr/bin/env\n"), std::string::npos) << log();
}

TEST_F(KeepTest, PolicyAndWhenDecideWhatIsPulledAndPushed) {
  Cache cache;
  cache.paths = {"c"};
  cache.policy = "pull";
  spec.caches = {cache};
  run({"touch c"});
  EXPECT_TRUE(source.caches.empty());
  EXPECT_EQ(source.asked_for.size(), 1u);
  spec.caches[0].policy = "$POLICY";
  spec.variables = {{"POLICY", "push", false, false, false}};
  run({"touch c; exit 1"});
  EXPECT_TRUE(source.caches.empty()) << "kept on failure";
  run({"touch c"});
  EXPECT_TRUE(source.caches.contains("default"));
  EXPECT_EQ(source.asked_for.size(), 1u) << "push alone looks nothing up";
  source.caches.clear();
  spec.caches[0].when = KeepWhen::always;
  run({"touch c; exit 1"});
  EXPECT_TRUE(source.caches.contains("default"));
}

TEST_F(KeepTest, AKeyOfFilesFollowsTheirContent) {
  Cache cache;
  cache.key_files = {"lock", "absent"};
  cache.key_prefix = "pip";
  cache.paths = {"c"};
  cache.fallback_keys = {"other-$X", "$UNSET"};
  spec.caches = {cache};
  spec.variables = {{"X", "x", false, false, false}, {"CACHE_FALLBACK_KEY", "last", false, false, false}};
  executor.files = {{"lock", "1"}};
  run({"touch c; echo changed >lock"});
  executor.files = {{"lock", "2"}};
  run({"touch c"});
  executor.files = {{"lock", "1"}};
  run({"test -e c"});
  executor.files = {};
  run({"true"});
  ASSERT_EQ(source.asked_for.size(), 4u);
  EXPECT_NE(source.asked_for[0], source.asked_for[1]);
  EXPECT_EQ(source.asked_for[0], source.asked_for[2]);
  EXPECT_EQ(source.asked_for[3], (Paths{"pip-default", "other-x", "last"}));
}

TEST_F(KeepTest, ADamagedCacheIsAWarningAndTheJobRuns) {
  Cache cache;
  cache.paths = {"c"};
  spec.caches = {cache};
  source.caches["default"] = sha256("gone");
  const JobResult result = run({"touch c"});
  EXPECT_EQ(result.outcome.reason, EndReason::passed);
  EXPECT_NE(log().find("WARNING: cache `default` can't be restored"), std::string::npos) << log();
}

TEST_F(KeepTest, ReportsAreReadWhateverTheResult) {
  spec.artifacts.reports["junit"] = {"reports/*.xml"};
  spec.coverage = R"(TOTAL.*\s(\d+)%)";
  const JobResult result = run(
      {"mkdir reports tests; touch tests/test_a.py",
       "echo '<testsuite><testcase classname=\"tests.test_a\" name=\"test_x\" time=\"0.5\"><failure message=\"boom\">"
       "tests/test_a.py:7: boom</failure></testcase><testcase name=\"ok\"/></testsuite>' >reports/a.xml",
       "echo '<testsuite><testcase name=\"s\"><skipped/></testcase></testsuite>' >reports/b.xml",
       "echo 'TOTAL  100  7  93%'; exit 1"});
  ASSERT_TRUE(result.tests.has_value());
  EXPECT_EQ(result.tests->passed, 1u);
  EXPECT_EQ(result.tests->failed, 1u);
  EXPECT_EQ(result.tests->skipped, 1u);
  ASSERT_EQ(result.tests->failures.size(), 1u);
  EXPECT_EQ(result.tests->failures[0].name, "tests/test_a.py::test_x");
  EXPECT_EQ(result.tests->failures[0].line, 7);
  EXPECT_EQ(result.coverage, 93.0);
  EXPECT_EQ(kept(result, "junit"), (Paths{"reports/a.xml", "reports/b.xml"}));
}

TEST_F(KeepTest, AJunitReportThatIsNoXmlIsAWarning) {
  spec.artifacts.reports["junit"] = {"a.xml"};
  const JobResult result = run({"echo '<!DOCTYPE x [<!ENTITY a \"aaaa\">]><x>&a;</x>' >a.xml"});
  EXPECT_EQ(result.outcome.reason, EndReason::passed);
  EXPECT_FALSE(result.tests.has_value());
  ASSERT_EQ(result.notes.size(), 1u);
  EXPECT_NE(result.notes[0].find("`a.xml` can't be read: line 1: it declares entities"), std::string::npos)
      << result.notes[0];
}

TEST_F(KeepTest, ADotenvReportByNoRuleFailsTheJob) {
  spec.artifacts.reports["dotenv"] = {"build.env"};
  const JobResult good = run({"printf 'VERSION=2.7.0\\nURL = http://x?a=b \\n' >build.env"});
  EXPECT_EQ(good.dotenv,
            (Variables{{"VERSION", "2.7.0", false, false, false}, {"URL", "http://x?a=b", false, false, false}}));
  const JobResult bad = run({"printf 'A=1\\n# comment\\n' >build.env"});
  EXPECT_EQ(bad.outcome.reason, EndReason::artifacts_failure);
  EXPECT_NE(bad.outcome.detail.find("`build.env`, line 2"), std::string::npos) << bad.outcome.detail;
}

TEST_F(KeepTest, ACoberturaReportTellsTheCoverageUnlessTheLogDoes) {
  spec.artifacts.coverage_report = CoverageReport{"cobertura", "coverage.xml"};
  const std::string write =
      "echo '<coverage line-rate=\"0.875\" lines-covered=\"7\" lines-valid=\"8\"/>' >coverage.xml";
  EXPECT_EQ(run({write}).coverage, 87.5);
  spec.coverage = "cov ([0-9.]+)";
  EXPECT_EQ(run({write, "echo cov 12.5"}).coverage, 12.5);
}

}  // namespace
}  // namespace penstock
