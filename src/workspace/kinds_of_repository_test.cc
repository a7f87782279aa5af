#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "git/repository.h"
#include "git/testing/scratch_repository.h"
#include "os/files.h"
#include "workspace/layer_store.h"
#include "workspace/testing/layer_store_fixture.h"

namespace penstock::workspace {
namespace {

namespace fs = std::filesystem;
using git::Repository;
using git::ScratchRepository;
using testing::HasSubstr;
using testing::StartsWith;

using KindsOfRepository = LayerStoreTest;

TEST_F(KindsOfRepository, AChangeOfAttributesIsCheckedOutWhole) {
  scratch.write("a.txt", "1\n");
  scratch.write("b.txt", "1\n");
  prepare(scratch.commit());
  scratch.write(".gitattributes", "*.txt eol=crlf\n");
  const std::string two = scratch.commit();
  Layers layers = prepare(two);
  EXPECT_EQ(trees(layers), 1U);
  expect_like_a_clone(layers, two);
  scratch.write("b.txt", "2\n");
  const std::string three = scratch.commit();
  Layers thin = prepare(three);
  EXPECT_EQ(trees(thin), 2U);
  expect_like_a_clone(thin, three);
  EXPECT_EQ(see(thin, "od -c b.txt | head -1"), "0000000   2  \\r  \\n");
}

TEST_F(KindsOfRepository, OtherCheckoutSettingsMakeOtherLayers) {
  scratch.write("a.txt", "1\n");
  const std::string one = scratch.commit();
  prepare(one);
  scratch.git({"config", "core.autocrlf", "true"});
  EXPECT_EQ(see(prepare(one), "wc -c < a.txt"), "3");
}

TEST_F(KindsOfRepository, FiltersAreApplied) {
  scratch.git({"config", "filter.shout.smudge", "tr a-z A-Z"});
  scratch.git({"config", "filter.shout.clean", "tr A-Z a-z"});
  scratch.write(".gitattributes", "*.up filter=shout\n");
  scratch.write("deep/a.up", "abc\n");
  prepare(scratch.commit());
  scratch.write("deep/a.up", "defg\n");
  Layers layers = prepare(scratch.commit());
  EXPECT_EQ(trees(layers), 2U);
  EXPECT_EQ(see(layers, "cat deep/a.up; git status --porcelain"), "DEFG");
}

TEST_F(KindsOfRepository, LfsFilesArriveWithTheirContent) {
  if (std::system("git lfs version >/dev/null 2>&1") != 0) GTEST_SKIP() << "git-lfs is not installed";
  scratch.git({"lfs", "install", "--local"});
  scratch.git({"lfs", "track", "*.bin"});
  scratch.write("a.bin", "first content\n");
  prepare(scratch.commit());
  scratch.write("a.bin", "second content\n");
  const std::string two = scratch.commit();
  EXPECT_THAT(scratch.git({"cat-file", "blob", "HEAD:a.bin"}), StartsWith("version https://git-lfs"));
  Layers layers = prepare(two);
  EXPECT_EQ(see(layers, "cat a.bin; git status --porcelain; git lfs ls-files -n"), "second content\na.bin");
}

TEST_F(KindsOfRepository, ShallowClonesWork) {
  for (int round = 0; round < 3; ++round) scratch.commit(std::to_string(round));
  const fs::path clone = scratch.outside() / "shallow";
  git::run_git(scratch.outside(), {"clone", "-q", "--depth=2", "file://" + scratch.path().native(), clone});
  Repository repository = std::move(Repository::open(clone)).value();
  Layers layers = std::move(LayerStore(folder, repository).prepare({repository.head().value(), "main", {}})).value();
  EXPECT_EQ(see(layers, "git log --format=%s; git status --porcelain; git rev-parse --is-shallow-repository"),
            "2\n1\ntrue");
}

TEST_F(KindsOfRepository, PartialClonesFetchWhatACheckoutNeeds) {
  scratch.git({"config", "uploadpack.allowFilter", "true"});
  scratch.git({"config", "uploadpack.allowAnySHA1InWant", "true"});
  scratch.write("a", "one");
  scratch.commit();
  scratch.write("a", "two");
  scratch.commit();
  const fs::path clone = scratch.outside() / "partial";
  git::run_git(scratch.outside(),
               {"clone", "-q", "--no-checkout", "--filter=blob:none", "file://" + scratch.path().native(), clone});
  Repository repository = std::move(Repository::open(clone)).value();
  LayerStore store(folder, repository);
  ASSERT_TRUE(store.prepare({repository.resolve("HEAD~1").value(), {}, {}}).ok());
  Layers layers = std::move(store.prepare({repository.head().value(), {}, {}})).value();
  EXPECT_EQ(see(layers, "cat a; echo; git status --porcelain; git log --oneline | wc -l"), "two\n2");
}

TEST_F(KindsOfRepository, LinkedWorkTreesShareTheStoreAndStandAtTheirOwnPath) {
  scratch.write("a", "1");
  const std::string one = scratch.commit();
  const fs::path linked = scratch.outside() / "linked";
  scratch.git({"worktree", "add", "-q", "-b", "side", linked});
  Repository repository = std::move(Repository::open(linked)).value();
  Layers layers = std::move(LayerStore(folder, repository).prepare({one, "side", {}})).value();
  EXPECT_EQ(layers.project, linked);
  EXPECT_EQ(in_overlay(layers, "pwd; git rev-parse --show-toplevel; git symbolic-ref HEAD; git status --porcelain"),
            linked.native() + "\n" + linked.native() + "\nrefs/heads/side");
  EXPECT_EQ(prepare(one).lower[1], layers.lower[1]);
}

TEST_F(KindsOfRepository, SparseCheckoutsGiveJobsTheWholeCommit) {
  scratch.write("in/a", "1");
  scratch.write("out/b", "2");
  const std::string one = scratch.commit();
  scratch.git({"sparse-checkout", "set", "in"});
  ASSERT_FALSE(fs::exists(scratch.path() / "out"));
  EXPECT_EQ(see(prepare(one), "cat in/a out/b; git status --porcelain"), "12");
}

TEST_F(KindsOfRepository, BorrowedObjectsAreFoundAlsoWhenTheyLieInTheProject) {
  scratch.write("a", "1");
  const std::string one = scratch.commit();
  const fs::path clone = scratch.outside() / "clone";
  git::run_git(scratch.outside(), {"clone", "-q", "--shared", scratch.path(), clone});
  // A reference copy inside the work tree, as a relative path.
  git::run_git(clone, {"clone", "-q", "--bare", scratch.path(), clone / "reference.git"});
  ASSERT_TRUE(os::write_atomically(clone / ".git/objects/info/alternates", "../../reference.git/objects\n").ok());
  Repository repository = std::move(Repository::open(clone)).value();
  Layers layers = std::move(LayerStore(folder, repository).prepare({one, "main", {}})).value();
  EXPECT_EQ(see(layers, "cat a; echo; git status --porcelain; git log --format=%H"), "1\n" + one);
}

TEST_F(KindsOfRepository, SubmodulesAreEmptyFoldersUnlessAskedFor) {
  ScratchRepository inner;
  inner.write("inside", "inner");
  inner.commit();
  ScratchRepository middle;
  middle.write("file", "middle");
  middle.git({"submodule", "--quiet", "add", inner.path(), "deep"});
  middle.commit();
  scratch.write("file", "outer");
  scratch.git({"submodule", "--quiet", "add", middle.path(), "lib/middle"});
  scratch.git({"submodule", "--quiet", "update", "--init", "--recursive"});
  const std::string one = scratch.commit();
  EXPECT_EQ(see(prepare(one), "ls lib/middle; git status --porcelain"), "");
  EXPECT_EQ(see(prepare(one, {}, Submodules::normal),
                "ls lib/middle; cat lib/middle/file; echo; ls lib/middle/deep; git status --porcelain"),
            "deep\nfile\nmiddle");
  Layers all = prepare(one, {}, Submodules::recursive);
  EXPECT_EQ(see(all, "cat lib/middle/deep/inside; echo; git status --porcelain"), "inner");
  EXPECT_EQ(see(all, "git -C lib/middle/deep status --porcelain; git -C lib/middle/deep log --oneline | wc -l"), "1");
  EXPECT_EQ(see(all, "git submodule status --recursive | wc -l; git submodule status --recursive | grep -c '^ '"),
            "2\n2");
  EXPECT_EQ(see(all, "echo x > lib/middle/file; git status --porcelain"), " M lib/middle");
}

TEST_F(KindsOfRepository, ASubmoduleThatIsNotHereIsAnErrorThatTellsHowToGetIt) {
  ScratchRepository inner;
  inner.write("inside", "inner");
  inner.commit();
  scratch.git({"submodule", "--quiet", "add", inner.path(), "sub"});
  scratch.commit();
  const fs::path clone = scratch.outside() / "clone";
  git::run_git(scratch.outside(), {"clone", "-q", scratch.path(), clone});
  Repository repository = std::move(Repository::open(clone)).value();
  auto layers = LayerStore(folder, repository).prepare({repository.head().value(), {}, Submodules::normal});
  ASSERT_FALSE(layers.ok());
  EXPECT_THAT(layers.error().message, HasSubstr("`sub`"));
  EXPECT_THAT(layers.error().help, HasSubstr("git submodule update --init"));
}

}  // namespace
}  // namespace penstock::workspace
