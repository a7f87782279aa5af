#include "workspace/layer_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include "git/repository.h"
#include "git/testing/scratch_repository.h"
#include "os/files.h"
#include "workspace/testing/layer_store_fixture.h"

namespace penstock::workspace {
namespace {

namespace fs = std::filesystem;
using git::Repository;
using testing::HasSubstr;
using testing::StartsWith;

TEST_F(LayerStoreTest, TheFirstCommitIsCheckedOutWholeAndReused) {
  scratch.write("a", "1");
  scratch.write("folder/b", "2");
  fs::create_symlink("folder/b", scratch.path() / "link");
  const std::string one = scratch.commit();
  Layers layers = prepare(one, "main");
  EXPECT_EQ(layers.project, scratch.path());
  EXPECT_EQ(trees(layers), 1U);
  expect_like_a_clone(layers, one);
  EXPECT_EQ(see(layers, "git symbolic-ref HEAD"), "refs/heads/main");
  EXPECT_EQ(prepare(one, "main").lower, layers.lower);
}

TEST_F(LayerStoreTest, ALaterCommitIsAThinLayerOfWhatChanged) {
  for (const char* name :
       {"same", "changed", "gone", "folder/gone/too", "folder/stays", "becomes_folder", "becomes_file/x", "exec"}) {
    scratch.write(name, "1");
  }
  scratch.git({"config", "core.fileMode", "true"});
  const std::string one = scratch.commit();
  prepare(one);
  scratch.git({"rm", "-qr", "gone", "folder/gone", "becomes_folder", "becomes_file"});
  scratch.write("changed", "22");
  scratch.write("becomes_folder/x/y", "3");
  scratch.write("becomes_file", "4");
  scratch.write("new\nname/-dash \xff", "5");
  fs::permissions(scratch.path() / "exec", fs::perms::owner_exec, fs::perm_options::add);
  const std::string two = scratch.commit();
  Layers layers = prepare(two);
  EXPECT_EQ(trees(layers), 2U);
  EXPECT_FALSE(fs::exists(layers.lower[1] / "same"));
  expect_like_a_clone(layers, two);
  EXPECT_EQ(see(layers, "git fsck --strict 2>&1; git diff HEAD~1 --stat | tail -1"),
            see(layers, "git diff HEAD~1 --stat | tail -1"));
  expect_like_a_clone(prepare(one), one);
}

TEST_F(LayerStoreTest, RandomHistoriesShowWhatAFreshCloneShows) {
  const unsigned seed = 20261121;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::vector<std::string> names{"a", "b", "a/x", "a/y", "b/x/1", "b/x/2", "c", "c/d/e", "c/d/f", "z"};
  for (int round = 0; round < 14; ++round) {
    for (int step = 0; step < 3; ++step) {
      const fs::path path = scratch.path() / names[random() % names.size()];
      std::error_code ignored;
      fs::remove_all(path, ignored);
      if (random() % 3 == 0) continue;
      for (fs::path above = path.parent_path(); above != scratch.path(); above = above.parent_path()) {
        if (!fs::is_directory(fs::symlink_status(above))) fs::remove(above, ignored);
      }
      fs::create_directories(path.parent_path());
      if (random() % 5 == 0) {
        fs::create_symlink("nowhere", path);
      } else {
        ASSERT_TRUE(os::write_atomically(path, std::to_string(random() % 4)).ok());
      }
    }
    const std::string commit = scratch.commit();
    Layers layers = prepare(commit);
    // One whole checkout, at most 8 thin layers and the one on top.
    EXPECT_LE(trees(layers), 9U);
    expect_like_a_clone(layers, commit);
  }
}

TEST_F(LayerStoreTest, AJobMayCommitDescribeAndChangeWithoutTouchingTheRepository) {
  scratch.write("a", "1");
  scratch.commit();
  scratch.git({"tag", "-a", "-m", "x", "v1.0"});
  scratch.write("a", "2");
  const std::string two = scratch.commit();
  scratch.git({"update-ref", "refs/remotes/origin/main", two});
  scratch.git({"symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"});
  scratch.git({"remote", "add", "origin", "https://example.com/a \"b\".git"});
  const std::string before = scratch.git({"for-each-ref"});
  Layers layers = prepare(two, "main");
  EXPECT_THAT(see(layers, "git describe --tags"), StartsWith("v1.0-1-g"));
  EXPECT_EQ(see(layers, "git rev-parse origin/HEAD"), two);
  EXPECT_EQ(see(layers, "git remote get-url origin"), "https://example.com/a \"b\".git");
  EXPECT_EQ(see(layers, "git log --oneline | wc -l"), "2");
  EXPECT_EQ(see(layers, "echo 3 > a; git commit -qam three && git status --porcelain && git log --format=%an,%s -1"),
            "Ada Test,three");
  EXPECT_EQ(scratch.git({"for-each-ref"}), before);
  EXPECT_EQ(scratch.git({"status", "--porcelain"}), "");
  EXPECT_EQ(scratch.git({"count-objects"}), scratch.git({"count-objects"}));
  EXPECT_THAT(in_overlay(layers, "touch .git/shared/objects/x"), HasSubstr("Read-only file system"));
}

TEST_F(LayerStoreTest, AChangeInTheSecondOfTheCheckoutIsNoticed) {
  scratch.write("version", "1.0");
  const std::string one = scratch.commit();
  Layers first = prepare(one);
  // Same size, perhaps the same second.
  EXPECT_EQ(see(first, "echo -n 2.0 > version; git status --porcelain"), " M version");
  scratch.write("version", "1.1");
  Layers second = prepare(scratch.commit());
  EXPECT_EQ(see(second, "echo -n 2.0 > version; git status --porcelain"), " M version");
}

TEST_F(LayerStoreTest, IgnoredFilesOfTheRepositorysOwnListAreIgnored) {
  scratch.write("a", "1");
  scratch.write(".git/info/exclude", "*.tmp\n");
  Layers layers = prepare(scratch.commit());
  EXPECT_EQ(see(layers, "touch x.tmp; git status --porcelain"), "");
}

TEST_F(LayerStoreTest, HooksAndMonitorsOfTheRepositoryDoNotRunInAJob) {
  scratch.write("a", "1");
  scratch.write(".git/hooks/pre-commit", "#!/bin/sh\nexit 1\n");
  fs::permissions(scratch.path() / ".git/hooks/pre-commit", fs::perms::owner_all);
  scratch.git({"config", "core.hooksPath", scratch.path() / ".git/hooks"});
  const std::string one = scratch.git({"commit", "--no-verify", "--allow-empty", "-qm", "x"});
  Layers layers = prepare(scratch.git({"rev-parse", "HEAD"}));
  EXPECT_EQ(see(layers, "git commit -q --allow-empty -m y && echo done"), "done");
}

TEST_F(LayerStoreTest, WorktreeModeAddsChangesAndNewFilesButNotIgnoredOnes) {
  scratch.write(".gitignore", "*.log\n");
  for (const char* name : {"same", "changed", "deleted", "folder/x", "staged"}) scratch.write(name, "1");
  const std::string one = scratch.commit();
  scratch.write("changed", "22");
  fs::remove(scratch.path() / "deleted");
  fs::remove_all(scratch.path() / "folder");
  scratch.write("folder", "now a file");
  scratch.write("staged", "33");
  scratch.write("staged new", "44");
  scratch.git({"add", "staged", "staged new"});
  scratch.write("new/file", "55");
  scratch.write("x.log", "");
  const std::string status = scratch.git({"status", "--porcelain"});
  Repository repository = std::move(Repository::open(scratch.path())).value();
  LayerStore store(folder, repository);
  fs::path own;
  {
    Layers layers = std::move(store.prepare_worktree(std::move(store.prepare({one, "main", {}})).value())).value();
    own = layers.lower[1];
    EXPECT_EQ(see(layers, "git status --porcelain"), status);
    EXPECT_EQ(see(layers, "cat changed staged 'staged new' new/file folder; ls x.log deleted 2>/dev/null | wc -l"),
              "22334455now a file0");
    ASSERT_TRUE(store.collect().ok());
    EXPECT_TRUE(fs::exists(own));
  }
  ASSERT_TRUE(store.collect().ok());
  EXPECT_FALSE(fs::exists(own));
  EXPECT_EQ(see(prepare(one), "git status --porcelain"), "");
}

TEST_F(LayerStoreTest, ARunGoesOnWithTheVeryUncommittedFilesThatItWasStartedWith) {
  scratch.write("file", "1");
  const std::string one = scratch.commit();
  scratch.write("file", "then");
  Repository repository = std::move(Repository::open(scratch.path())).value();
  LayerStore store(folder, repository);
  const auto base = [&] { return std::move(store.prepare({one, "main", {}})).value(); };
  const std::string id = std::move(store.prepare_worktree(base())).value().worktree;
  scratch.write("file", "now, and longer");
  ASSERT_TRUE(store.collect({id}).ok()) << "it is held by its name alone";
  {
    const auto again = store.hold_worktree(base(), id);
    ASSERT_TRUE(again.ok()) << again.error().message;
    EXPECT_EQ(again->worktree, id);
    EXPECT_EQ(see(*again, "cat file"), "then");
  }
  ASSERT_TRUE(store.collect().ok());
  for (const std::string& gone : {id, std::string("run-../x"), one, std::string("worktree")}) {
    const auto missing = store.hold_worktree(base(), gone);
    ASSERT_FALSE(missing.ok()) << gone;
    EXPECT_EQ(missing.error().message, "the uncommitted changes that the run was started with are no longer kept");
  }
}

TEST_F(LayerStoreTest, WhatARunUsesIsNotDroppedAndTheRestIs) {
  auto is_there = [&](const std::string& commit) {
    const auto entries = os::list_folder(folder).value();
    return std::any_of(entries.begin(), entries.end(),
                       [&](const auto& entry) { return entry.name.starts_with(commit); });
  };
  std::vector<std::string> commits;
  for (int round = 0; round < 4; ++round) {
    scratch.write("a", std::to_string(round));
    commits.push_back(scratch.commit());
    prepare(commits.back());
  }
  auto held = std::make_unique<Layers>(prepare(commits[2]));
  prepare(commits[0]);
  ASSERT_TRUE(collect(1).ok());
  // 0 was used last, 2 is in use and stands on 1.
  EXPECT_TRUE(is_there(commits[0]) && is_there(commits[1]) && is_there(commits[2]));
  EXPECT_FALSE(is_there(commits[3]));
  EXPECT_EQ(see(*held, "cat a"), "2");
  held.reset();
  prepare(commits[0]);
  ASSERT_TRUE(collect(1).ok());
  EXPECT_FALSE(is_there(commits[1]) || is_there(commits[2]));
  expect_like_a_clone(prepare(commits[2]), commits[2]);
  expect_like_a_clone(prepare(commits[0]), commits[0]);
}

TEST_F(LayerStoreTest, AHalfMadeLayerIsNeverUsedAndSweptAway) {
  scratch.write("a", "1");
  const std::string one = scratch.commit();
  prepare(one);
  fs::create_directories(folder / "new-1-0/tree");
  ASSERT_TRUE(os::write_atomically(folder / "new-1-0/tree/junk", "x").ok());
  fs::create_directories(folder / "gone-1-0/tree");
  scratch.write("a", "2");
  const std::string two = scratch.commit();
  expect_like_a_clone(prepare(two), two);
  ASSERT_TRUE(collect(8).ok());
  EXPECT_FALSE(fs::exists(folder / "new-1-0"));
  EXPECT_FALSE(fs::exists(folder / "gone-1-0"));
}

TEST_F(LayerStoreTest, SeveralAtOnceMakeDropAndUseLayersWithoutHarm) {
  std::vector<std::string> commits;
  for (int round = 0; round < 6; ++round) {
    scratch.write("a", std::to_string(round));
    scratch.write("dir" + std::to_string(round) + "/x", "x");
    commits.push_back(scratch.commit());
  }
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (unsigned index = 0; index < 3; ++index) {
    threads.emplace_back([&, index] {
      Repository repository = std::move(Repository::open(scratch.path())).value();
      LayerStore store(folder, repository);
      for (unsigned round = 0; round < 8; ++round) {
        const unsigned which = (round * 5 + index * 3) % 6;
        auto layers = store.prepare({commits[which], "main", {}});
        if (!layers.ok()) continue;
        if (in_copy(*layers, "cat a; git status --porcelain") == std::to_string(which)) ++right;
        layers = Error{};
        if (round % 3 == index && !store.collect({}, 1).ok()) --right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 24);
}

TEST_F(LayerStoreTest, HostileTreesDoNotLeaveTheLayer) {
  scratch.write("a", "1");
  const std::string one = scratch.commit();
  prepare(one);
  // A tree that no honest git writes: a `..` in it.
  const std::string blob = scratch.git({"rev-parse", "HEAD:a"});
  ASSERT_TRUE(os::write_atomically(scratch.outside() / "tree",
                                   "040000 tree " + scratch.git({"rev-parse", "HEAD^{tree}"}) + "\t..\n")
                  .ok());
  const std::string tree = in_copy(
      prepare(one), "cd " + scratch.path().native() + "; git mktree < " + (scratch.outside() / "tree").native());
  ASSERT_EQ(tree.size(), 40U) << tree;
  const std::string evil = scratch.git({"commit-tree", "-m", "evil", "-p", one, tree});
  Repository repository = std::move(Repository::open(scratch.path())).value();
  auto layers = LayerStore(folder, repository).prepare({evil, {}, {}});
  EXPECT_FALSE(layers.ok());
}

}  // namespace
}  // namespace penstock::workspace
