#include "os/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace penstock::os {
namespace {

namespace fs = std::filesystem;

class Files : public testing::Test {
 protected:
  fs::path write(const std::string& name, const std::string& content) {
    fs::path path = folder_.path() / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  TempFolder folder_ = TempFolder::make().value();
};

TEST_F(Files, ReadsAFileByteForByte) {
  std::string content("a\0b\r\n\xff", 6);
  EXPECT_EQ(read_file(write("x", content)).value(), content);
  EXPECT_EQ(read_file(write("empty", "")).value(), "");
}

TEST_F(Files, ReadsFilesThatDoNotTellTheirSize) { EXPECT_FALSE(read_file("/proc/self/status").value().empty()); }

TEST_F(Files, RefusesAFileOverTheLimitAndTakesOneAtIt) {
  fs::path path = write("x", std::string(100, 'a'));
  EXPECT_TRUE(read_file(path, 100).ok());
  EXPECT_FALSE(read_file(path, 99).ok());
}

TEST_F(Files, AMissingFileIsNamedInTheError) {
  auto missing = read_file(folder_.path() / "gone");
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message.find("gone`: No such file"), std::string::npos) << missing.error().message;
  EXPECT_FALSE(read_file_if_exists(folder_.path() / "gone").value().has_value());
  EXPECT_FALSE(read_file_if_exists(write("x", "") / "below").value().has_value());
}

TEST_F(Files, AFifoIsRefusedInsteadOfWaitedFor) {
  fs::path path = folder_.path() / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_FALSE(read_file(path).ok());
}

TEST_F(Files, WritesAWholeFileAndLeavesNothingBeside) {
  fs::path path = write("x", "old");
  for (Durability durability : {Durability::crash_safe, Durability::power_safe}) {
    ASSERT_TRUE(write_atomically(path, "new", durability, 0640).ok());
    EXPECT_EQ(read_file(path).value(), "new");
  }
  EXPECT_EQ(list_folder(folder_.path()).value().size(), 1U);
}

TEST_F(Files, AWriteThatFailsLeavesTheOldFile) {
  fs::path path = write("x/inside", "old").parent_path();
  EXPECT_FALSE(write_atomically(path, "new").ok());
  EXPECT_EQ(read_file(path / "inside").value(), "old");
  EXPECT_EQ(list_folder(folder_.path()).value().size(), 1U);
}

TEST_F(Files, AWriteToAClosedPipeIsAnErrorAndNoSignal) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  reader.reset();
  EXPECT_FALSE(write_all(writer.get(), "x").ok());
  EXPECT_FALSE(write_all(writer.get(), "x").ok());
}

TEST_F(Files, MakesFoldersWithTheirParents) {
  fs::path path = folder_.path() / "a/b/c";
  EXPECT_TRUE(ensure_folder(path).ok());
  EXPECT_TRUE(ensure_folder(path).ok());
  EXPECT_TRUE(fs::is_directory(path));
  EXPECT_FALSE(ensure_folder(write("file", "")).ok());
  EXPECT_FALSE(ensure_folder(write("file", "") / "below").ok());
}

TEST_F(Files, ListsAFolderSortedWithTypes) {
  write("b", "");
  write("a/x", "");
  fs::create_symlink("nowhere", folder_.path() / "c");
  auto entries = list_folder(folder_.path()).value();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].name, "a");
  EXPECT_EQ(entries[0].type, FileType::folder);
  EXPECT_EQ(entries[1].type, FileType::regular);
  EXPECT_EQ(entries[2].type, FileType::link);
}

TEST_F(Files, RemovesATreeWithClosedFoldersAndSparesWhatLinksPointTo) {
  write("keep/file", "precious");
  write("tree/a/b", "");
  fs::create_directory_symlink(folder_.path() / "keep", folder_.path() / "tree/link");
  fs::create_directories(folder_.path() / "tree/work/work/inner");
  write("tree/readonly/x", "");
  ::chmod((folder_.path() / "tree/work/work").c_str(), 0);
  ::chmod((folder_.path() / "tree/readonly").c_str(), 0555);
  ASSERT_TRUE(remove_tree(folder_.path() / "tree").ok());
  EXPECT_FALSE(fs::exists(folder_.path() / "tree"));
  EXPECT_EQ(read_file(folder_.path() / "keep/file").value(), "precious");
}

TEST_F(Files, RemovesAFileALinkAndNothing) {
  write("keep/file", "");
  fs::create_directory_symlink(folder_.path() / "keep", folder_.path() / "link");
  EXPECT_TRUE(remove_tree(folder_.path() / "link").ok());
  EXPECT_TRUE(fs::exists(folder_.path() / "keep/file"));
  EXPECT_TRUE(remove_tree(folder_.path() / "keep/file").ok());
  EXPECT_TRUE(remove_tree(folder_.path() / "keep/file").ok());
  EXPECT_FALSE(fs::exists(folder_.path() / "keep/file"));
}

TEST_F(Files, RemovesATreeDeeperThanPathsAndDescriptorsReach) {
  UniqueFd here(::open(folder_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int depth = 0; depth < 1500; ++depth) {
    ASSERT_EQ(::mkdirat(here.get(), "deep", 0700), 0);
    here.reset(::openat(here.get(), "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_TRUE(here.valid());
  }
  here.reset();
  EXPECT_TRUE(remove_tree(folder_.path() / "deep").ok());
  EXPECT_TRUE(list_folder(folder_.path()).value().empty());
}

TEST_F(Files, ATempFolderOfTheDeadGoesAndOneOfTheLivingStays) {
  const auto dead = folder_.path() / "own-abcdef";
  ASSERT_TRUE(ensure_folder(dead / "deep").ok());
  ASSERT_TRUE(ensure_folder(folder_.path() / "other-abcdef").ok());
  TempFolder first = TempFolder::make_after_dead("own-", folder_.path()).value();
  EXPECT_FALSE(std::filesystem::exists(dead));
  TempFolder second = TempFolder::make_after_dead("own-", folder_.path()).value();
  const TempFolder moved = std::move(first);
  const TempFolder third = TempFolder::make_after_dead("own-", folder_.path()).value();
  EXPECT_TRUE(std::filesystem::exists(moved.path()));
  EXPECT_TRUE(std::filesystem::exists(second.path()));
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "other-abcdef"));
}

TEST_F(Files, ATempFolderGoesWithItsOwnerUnlessReleased) {
  fs::path gone;
  fs::path kept;
  {
    TempFolder first = TempFolder::make(folder_.path()).value();
    gone = first.path();
    TempFolder second = TempFolder::make(folder_.path()).value();
    kept = second.release();
    EXPECT_TRUE(fs::exists(gone));
  }
  EXPECT_FALSE(fs::exists(gone));
  EXPECT_TRUE(fs::exists(kept));
}

}  // namespace
}  // namespace penstock::os
