#include "git/repository.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "git/testing/scratch_repository.h"
#include "os/process.h"

namespace penstock::git {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Repository open(const fs::path& path) { return std::move(Repository::open(path)).value(); }

TEST(Repository, IsFoundFromAnyFolderInItAndThroughLinks) {
  ScratchRepository scratch;
  scratch.write("a/b/file", "x");
  fs::create_directory_symlink(scratch.path() / "a", scratch.outside() / "link");
  for (const fs::path& from : {scratch.path(), scratch.path() / "a/b", scratch.outside() / "link/b"}) {
    Repository repository = open(from);
    EXPECT_EQ(repository.top_level(), scratch.path());
    EXPECT_EQ(repository.git_folder(), scratch.path() / ".git");
    EXPECT_EQ(repository.common_folder(), scratch.path() / ".git");
  }
}

TEST(Repository, OutsideOfOneTheErrorSaysSo) {
  isolate_git();
  os::TempFolder folder = os::TempFolder::make().value();
  auto none = Repository::open(folder.path());
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().fault, Fault::user);
  EXPECT_THAT(none.error().message, HasSubstr("not in a git repository"));
}

TEST(Repository, WithoutACommitTheErrorSaysSo) {
  ScratchRepository scratch;
  Repository repository = open(scratch.path());
  ASSERT_FALSE(repository.head().ok());
  EXPECT_THAT(repository.head().error().message, HasSubstr("no commit yet"));
  EXPECT_EQ(repository.branch().value(), "main");
}

TEST(Repository, HeadAndBranchFollowEveryWayOfStoringThem) {
  ScratchRepository scratch;
  const std::string one = scratch.commit();
  Repository repository = open(scratch.path());
  EXPECT_EQ(repository.head().value(), one);
  for (int branch = 0; branch < 60; ++branch) scratch.git({"branch", "side/b" + std::to_string(branch)});
  scratch.git({"tag", "-a", "-m", "x", "v1"});
  scratch.git({"pack-refs", "--all"});
  EXPECT_EQ(repository.head().value(), one);
  const std::string two = scratch.commit();
  EXPECT_EQ(repository.head().value(), two);
  for (const char* name : {"side/b0", "side/b37", "side/b59"}) {
    scratch.git({"checkout", "-q", name});
    EXPECT_EQ(repository.head().value(), one) << name;
    EXPECT_EQ(repository.branch().value(), name);
  }
  scratch.git({"checkout", "-q", "--detach"});
  EXPECT_EQ(repository.head().value(), one);
  EXPECT_FALSE(repository.branch().value().has_value());
}

TEST(Repository, ResolvesRevisionsAndReadsCommits) {
  ScratchRepository scratch;
  const std::string one = scratch.commit("first");
  scratch.git({"tag", "-a", "-m", "x", "v1"});
  const std::string two = scratch.commit("second\n\nbody\nof it");
  Repository repository = open(scratch.path());
  EXPECT_EQ(repository.resolve("v1").value(), one);
  EXPECT_EQ(repository.resolve("HEAD~1").value(), one);
  EXPECT_EQ(repository.resolve(two.substr(0, 10)).value(), two);
  for (const char* bad : {"nope", "", "--help", "HEAD:none", "a\nb", "refs/heads/main\nHEAD"}) {
    auto result = repository.resolve(bad);
    ASSERT_FALSE(result.ok()) << bad;
    EXPECT_EQ(result.error().fault, Fault::user);
  }
  Commit commit = repository.commit("HEAD").value();
  EXPECT_EQ(commit.id, two);
  EXPECT_THAT(commit.parents, ElementsAre(one));
  EXPECT_EQ(commit.title(), "second");
  EXPECT_EQ(commit.description(), "body\nof it\n");
  EXPECT_EQ(commit.author.name, "Ada Test");
  EXPECT_EQ(commit.committer.email, "ada@example.com");
  EXPECT_EQ(to_iso8601(commit.committer), "2023-11-14T23:15:20+01:00");
}

TEST(Repository, ReadsFilesOfACommitByteForByte) {
  ScratchRepository scratch;
  const std::string binary("a\0b\nc", 5);
  scratch.write("folder/file", binary);
  scratch.write("-dash", "dash");
  scratch.write("new\nline", "line");
  scratch.write("bad\xff", "latin");
  scratch.write("empty", "");
  scratch.commit();
  Repository repository = open(scratch.path());
  EXPECT_EQ(repository.read_file("HEAD", "folder/file").value(), binary);
  EXPECT_EQ(repository.read_file("HEAD", "-dash").value(), "dash");
  EXPECT_EQ(repository.read_file("HEAD", "new\nline").value(), "line");
  EXPECT_EQ(repository.read_file("HEAD", "bad\xff").value(), "latin");
  EXPECT_EQ(repository.read_file("HEAD", "empty").value(), "");
  EXPECT_FALSE(repository.read_file("HEAD", "folder").value().has_value());
  EXPECT_FALSE(repository.read_file("HEAD", "none").value().has_value());
  EXPECT_FALSE(repository.read_file("HEAD", "HEAD blob 5 missing").value().has_value());
  EXPECT_THAT(repository.files("HEAD").value(), ElementsAre("-dash", "bad\xff", "empty", "folder/file", "new\nline"));
  EXPECT_THAT(repository.files("HEAD", "folder").value(), ElementsAre("folder/file"));
  EXPECT_THAT(repository.files("HEAD", "fold*").value(), IsEmpty());
}

TEST(Repository, WhatIsExpectedIsAnsweredAsIfItWereNot) {
  ScratchRepository scratch;
  const std::string large(200000, 'x');
  scratch.write("large", large);
  scratch.write("folder/file", "inside");
  const std::string commit = scratch.commit();
  Repository repository = open(scratch.path());
  repository.expect(commit, {"none", "large", "new\nline", "folder", "folder/file"});
  EXPECT_EQ(repository.object(commit + ":large").value()->size, large.size()) << "another question in between";
  for (int time = 0; time < 2; ++time) {
    EXPECT_EQ(repository.read_file(commit, "folder/file").value(), "inside");
    EXPECT_EQ(repository.commit(commit).value().id, commit);
    EXPECT_EQ(repository.read_file(commit, "large").value(), large);
    EXPECT_FALSE(repository.read_file(commit, "none").value().has_value());
    EXPECT_FALSE(repository.read_file(commit, "folder").value().has_value());
    repository.expect(commit, {});
  }
}

TEST(Repository, AFileThatIsNoSourceOfAnythingIsRefused) {
  ScratchRepository scratch;
  scratch.write("huge", std::string((16 << 20) + 1, 'x'));
  scratch.write("other", "here");
  const std::string commit = scratch.commit();
  Repository repository = open(scratch.path());
  repository.expect(commit, {"huge", "other"});
  EXPECT_EQ(repository.read_file(commit, "other").value(), "here");
  for (int time = 0; time < 2; ++time) {
    EXPECT_EQ(repository.read_file(commit, "huge").error().message, "`huge` is larger than 16777216 bytes");
    EXPECT_EQ(repository.read_file(commit, "other").value(), "here");
  }
}

TEST(Repository, AWholeIdOfATagStandsForItsCommit) {
  ScratchRepository scratch;
  const std::string commit = scratch.commit();
  scratch.git({"tag", "-a", "-m", "x", "v1"});
  const std::string tag = scratch.git({"rev-parse", "v1"}).substr(0, commit.size());
  ASSERT_NE(tag, commit);
  EXPECT_EQ(open(scratch.path()).commit(tag).value().id, commit);
}

TEST(Repository, NamesWhatChangedBetweenCommits) {
  ScratchRepository scratch;
  scratch.write("same", "x");
  scratch.write("folder/gone", "x");
  scratch.write("swap", "x");
  const std::string one = scratch.commit();
  scratch.git({"rm", "-q", "folder/gone", "swap"});
  scratch.write("swap/inner", "y");
  scratch.write("new\nfile", "z");
  scratch.commit();
  Repository repository = open(scratch.path());
  EXPECT_THAT(repository.changed_files(one, "HEAD").value(),
              ElementsAre("folder/gone", "new\nfile", "swap", "swap/inner"));
  EXPECT_THAT(repository.changed_files("", one).value(), ElementsAre("folder/gone", "same", "swap"));
  auto changes = repository.changes(one, "HEAD").value();
  ASSERT_EQ(changes.front().path, "folder");
  EXPECT_EQ(changes.front().old_mode, 040000U);
  EXPECT_EQ(changes.front().new_mode, 0U);
}

TEST(Repository, FindsTheMergeBaseOrNone) {
  ScratchRepository scratch;
  const std::string base = scratch.commit();
  scratch.git({"checkout", "-q", "-b", "side"});
  scratch.commit("side");
  scratch.git({"checkout", "-q", "main"});
  scratch.commit("main");
  scratch.git({"checkout", "-q", "--orphan", "alone"});
  scratch.commit("alone");
  Repository repository = open(scratch.path());
  EXPECT_EQ(repository.merge_base("main", "side").value(), base);
  EXPECT_FALSE(repository.merge_base("main", "alone").value().has_value());
}

TEST(Repository, TellsChangedStagedAndUntrackedFilesButNotIgnoredOnes) {
  ScratchRepository scratch;
  scratch.write(".gitignore", "*.pyc\n");
  scratch.write("a", "1");
  scratch.write("b", "1");
  scratch.write("c", "1");
  scratch.commit();
  Repository repository = open(scratch.path());
  EXPECT_TRUE(repository.status().value().clean());
  EXPECT_FALSE(repository.dirty().value());
  scratch.write("a", "22");
  scratch.write("b", "22");
  scratch.git({"add", "b"});
  fs::remove(scratch.path() / "c");
  scratch.write("x.pyc", "");
  scratch.write("new folder/new\nfile", "");
  WorkTreeStatus status = repository.status().value();
  EXPECT_THAT(status.changed, ElementsAre("a", "b", "c"));
  EXPECT_THAT(status.staged, ElementsAre("b"));
  EXPECT_THAT(status.untracked, ElementsAre("new folder/new\nfile"));
  EXPECT_TRUE(repository.dirty().value());
}

TEST(Repository, KnowsTagsDescriptionAndDefaultBranch) {
  ScratchRepository scratch;
  const std::string one = scratch.commit();
  scratch.git({"tag", "v1.0"});
  scratch.git({"tag", "-a", "-m", "x", "v1.0.0"});
  scratch.commit();
  Repository repository = open(scratch.path());
  EXPECT_THAT(repository.tags_at(one).value(), ElementsAre("v1.0", "v1.0.0"));
  EXPECT_THAT(repository.tags_at("HEAD").value(), IsEmpty());
  EXPECT_THAT(repository.describe("HEAD").value(), HasSubstr("v1.0.0-1-g"));
  EXPECT_EQ(repository.default_branch().value(), "main");
  scratch.git({"update-ref", "refs/remotes/origin/trunk", one});
  scratch.git({"symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk"});
  EXPECT_EQ(repository.default_branch().value(), "trunk");
}

TEST(Repository, TheLastConfigurationEntryCountsAndOddValuesSurvive) {
  ScratchRepository scratch;
  scratch.git({"config", "remote.Origin.url", "https://example.com/a.git"});
  scratch.git({"config", "--add", "odd.value", "one"});
  scratch.git({"config", "--add", "odd.value", "two\nlines = \"quoted\""});
  Repository repository = open(scratch.path());
  EXPECT_EQ(repository.config_value("user.email").value(), "ada@example.com");
  EXPECT_EQ(repository.config_value("remote.Origin.url").value(), "https://example.com/a.git");
  EXPECT_EQ(repository.config_value("odd.value").value(), "two\nlines = \"quoted\"");
  EXPECT_FALSE(repository.config_value("core.hookspath").value().has_value());
}

TEST(Repository, KeptConfigurationIsReadAgainWhenItsFilesChange) {
  ScratchRepository scratch;
  const fs::path kept = scratch.outside() / "config";
  auto email = [&] {
    Repository repository = open(scratch.path());
    repository.keep_config_in(kept);
    return repository.config_value("user.email").value();
  };
  EXPECT_EQ(email(), "ada@example.com");
  EXPECT_TRUE(fs::exists(kept));
  EXPECT_EQ(email(), "ada@example.com");
  scratch.git({"config", "user.email", "eda@example.com"});
  EXPECT_EQ(email(), "eda@example.com");
  // An include that comes to exist later counts too.
  scratch.git({"config", "include.path", "more"});
  EXPECT_EQ(email(), "eda@example.com");
  scratch.write(".git/more", "[user]\n email = more@example.com\n");
  EXPECT_EQ(email(), "more@example.com");
}

TEST(Repository, ALinkedWorkTreeHasItsOwnHead) {
  ScratchRepository scratch;
  const std::string one = scratch.commit();
  const fs::path linked = scratch.outside() / "linked";
  scratch.git({"worktree", "add", "-q", "-b", "side", linked});
  scratch.commit();
  Repository repository = open(linked);
  EXPECT_EQ(repository.top_level(), linked);
  EXPECT_EQ(repository.common_folder(), scratch.path() / ".git");
  EXPECT_EQ(repository.git_folder(), scratch.path() / ".git/worktrees/linked");
  EXPECT_EQ(repository.head().value(), one);
  EXPECT_EQ(repository.branch().value(), "side");
}

TEST(Repository, BareOnesAndThoseWithAWorkTreeElsewhereAreAskedOfGit) {
  ScratchRepository scratch;
  const std::string one = scratch.commit();
  const fs::path bare = scratch.outside() / "bare.git";
  scratch.git({"clone", "-q", "--bare", ".", bare});
  Repository repository = open(bare);
  EXPECT_TRUE(repository.top_level().empty());
  EXPECT_EQ(repository.head().value(), one);
  EXPECT_EQ(repository.commit("main").value().id, one);
  fs::create_directories(scratch.outside() / "elsewhere");
  scratch.git({"config", "core.worktree", scratch.outside() / "elsewhere"});
  EXPECT_EQ(open(scratch.path() / ".git").head().value(), one);
}

TEST(Repository, ReadsSha256Repositories) {
  ScratchRepository scratch{"--object-format=sha256"};
  scratch.write("file", "x");
  const std::string one = scratch.commit();
  ASSERT_EQ(one.size(), 64U);
  Repository repository = open(scratch.path());
  EXPECT_EQ(repository.head().value(), one);
  EXPECT_EQ(repository.read_file("HEAD", "file").value(), "x");
  EXPECT_THAT(repository.changed_files("", "HEAD").value(), ElementsAre("file"));
}

TEST(Repository, FollowsAlternates) {
  ScratchRepository scratch;
  scratch.commit();
  const fs::path clone = scratch.outside() / "clone";
  const fs::path second = scratch.outside() / "second";
  scratch.git({"clone", "-q", "--shared", ".", clone});
  scratch.git({"clone", "-q", "--shared", clone, second});
  EXPECT_THAT(open(scratch.path()).alternates().value(), IsEmpty());
  EXPECT_THAT(open(second).alternates().value(), ElementsAre(clone / ".git/objects", scratch.path() / ".git/objects"));
}

TEST(Repository, ItsConfigurationRunsNothing) {
  ScratchRepository scratch;
  scratch.write("file", "x");
  scratch.commit();
  const fs::path proof = scratch.outside() / "ran";
  scratch.git({"config", "core.fsmonitor", "touch " + proof.native()});
  scratch.git({"config", "core.pager", "touch " + proof.native()});
  Repository repository = open(scratch.path());
  EXPECT_FALSE(repository.dirty().value());
  EXPECT_TRUE(repository.files("HEAD").ok());
  EXPECT_FALSE(fs::exists(proof));
}

TEST(Repository, SomebodyElsesNeedsConsentAndTheErrorTellsHow) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give a repository away";
  ScratchRepository scratch;
  scratch.commit();
  ASSERT_EQ(::chown(scratch.path().c_str(), 12345, 12345), 0);
  ASSERT_EQ(::chown((scratch.path() / ".git").c_str(), 12345, 12345), 0);
  auto files = open(scratch.path()).files("HEAD");
  ASSERT_FALSE(files.ok());
  EXPECT_EQ(files.error().fault, Fault::user);
  EXPECT_THAT(files.error().message, HasSubstr("dubious ownership"));
  EXPECT_THAT(files.error().help, HasSubstr("git config --global --add safe.directory"));
}

TEST(Repository, AnswersSeveralThreadsAtOnce) {
  ScratchRepository scratch;
  scratch.write("file", "content");
  const std::string one = scratch.commit();
  Repository repository = open(scratch.path());
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int index = 0; index < 4; ++index) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        auto content = repository.read_file("HEAD", "file");
        if (content.ok() && *content == "content" && repository.head().ok()) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 200);
}

}  // namespace
}  // namespace penstock::git
