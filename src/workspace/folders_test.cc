#include "workspace/folders.h"

#include <gtest/gtest.h>

#include "git/repository.h"
#include "git/testing/scratch_repository.h"
#include "os/files.h"
#include "workspace/overlay_probe.h"

namespace penstock::workspace {
namespace {

namespace fs = std::filesystem;

TEST(StateFolder, LiesInTheGitFolderThatAllWorkTreesShare) {
  git::ScratchRepository scratch;
  scratch.commit();
  const fs::path linked = scratch.outside() / "linked";
  scratch.git({"worktree", "add", "-q", linked});
  for (const fs::path& place : {scratch.path(), linked}) {
    auto repository = std::move(git::Repository::open(place)).value();
    EXPECT_EQ(state_folder(repository).value(), scratch.path() / ".git/penstock");
  }
  EXPECT_TRUE(fs::is_directory(scratch.path() / ".git/penstock"));
  EXPECT_EQ(scratch.git({"status", "--porcelain"}), "");
}

TEST(LayerFolder, IsChosenByReallyMountingAndRemembersIt) {
  git::ScratchRepository scratch;
  auto repository = std::move(git::Repository::open(scratch.path())).value();
  const LayerFolder first = layer_folder(repository).value();
  EXPECT_EQ(first.overlay, first.reason.empty());
  EXPECT_TRUE(fs::is_directory(first.path));
  const LayerFolder second = layer_folder(repository).value();
  EXPECT_EQ(second.path, first.path);
  EXPECT_EQ(second.overlay, first.overlay);
  EXPECT_EQ(fs::exists(first.path / "overlay-works"), first.overlay);
}

TEST(ProbeOverlay, TellsWhatFailedAndLeavesNothing) {
  EXPECT_FALSE(probe_overlay("/proc").empty());
  os::TempFolder folder = os::TempFolder::make().value();
  (void)probe_overlay(folder.path());
  EXPECT_TRUE(os::list_folder(folder.path()).value().empty());
}

}  // namespace
}  // namespace penstock::workspace
