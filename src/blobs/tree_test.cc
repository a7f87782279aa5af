#include "blobs/tree.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "blobs/beneath.h"
#include "blobs/folder_blob_store.h"
#include "os/files.h"

namespace penstock {
namespace {

namespace fs = std::filesystem;
using Kind = TreeEntry::Kind;

class TreeTest : public ::testing::Test {
 protected:
  TreeTest()
      : temp_(std::move(os::TempFolder::make()).value()), from_(temp_.path() / "from"), to_(temp_.path() / "to") {
    blobs_ = std::move(open_folder_blob_store(temp_.path() / "blobs")).value();
    fs::create_directories(from_);
    fs::create_directories(to_);
    from_fd_.reset(::open(from_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    to_fd_.reset(::open(to_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }

  static void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  static std::string read(const fs::path& path) { return os::read_file(path).value(); }
  static unsigned mode_of(const fs::path& path) {
    struct stat status {};
    ::lstat(path.c_str(), &status);
    return status.st_mode & 07777;
  }
  TreeEntry file(const std::string& path, const std::string& content) {
    TreeEntry entry;
    entry.path = path;
    entry.size = content.size();
    entry.content = put(*blobs_, content).value();
    return entry;
  }
  static TreeEntry link(const std::string& path, const std::string& target) {
    TreeEntry entry;
    entry.path = path;
    entry.kind = Kind::link;
    entry.target = target;
    return entry;
  }
  std::string refusal(const Tree& tree) {
    const auto restored = restore_files(*blobs_, to_fd_.get(), tree);
    EXPECT_FALSE(restored.ok());
    EXPECT_TRUE(fs::is_empty(to_)) << "something was written";
    return restored.ok() ? "" : restored.error().message;
  }

  os::TempFolder temp_;
  fs::path from_, to_;
  os::UniqueFd from_fd_, to_fd_;
  std::unique_ptr<BlobStore> blobs_;
};

TEST_F(TreeTest, WhatWasKeptIsRestoredWithItsModesTimesAndLinks) {
  write(from_ / "dist/app.whl", std::string(700000, 'w'));
  write(from_ / "bin/run", "#!/bin/sh\n");
  fs::permissions(from_ / "bin/run", fs::perms(0751));
  fs::create_directories(from_ / "empty");
  fs::permissions(from_ / "empty", fs::perms(0500));
  fs::create_symlink("../bin/run", from_ / "dist/link");
  write(from_ / "odd\nname\t", "odd");
  const auto tree =
      keep_files(*blobs_, from_fd_.get(), {"dist/app.whl", "bin/run", "empty", "dist/link", "odd\nname\t"});
  ASSERT_TRUE(tree.ok()) << tree.error().message;
  const Digest digest = put_tree(*blobs_, *tree).value();

  ASSERT_TRUE(restore_files(*blobs_, to_fd_.get(), get_tree(*blobs_, digest).value()).ok());
  EXPECT_EQ(read(to_ / "dist/app.whl"), std::string(700000, 'w'));
  EXPECT_EQ(mode_of(to_ / "bin/run"), 0751u);
  EXPECT_EQ(mode_of(to_ / "empty"), 0500u);
  EXPECT_EQ(fs::read_symlink(to_ / "dist/link"), "../bin/run");
  EXPECT_EQ(read(to_ / "odd\nname\t"), "odd");
  struct stat before {
  }, after{};
  ::stat((from_ / "bin/run").c_str(), &before);
  ::stat((to_ / "bin/run").c_str(), &after);
  EXPECT_EQ(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
}

TEST_F(TreeTest, TheSameFilesHaveTheSameDigestInWhateverOrder) {
  write(from_ / "a", "1");
  write(from_ / "b", "2");
  const Tree one = keep_files(*blobs_, from_fd_.get(), {"a", "b"}).value();
  const Tree two = keep_files(*blobs_, from_fd_.get(), {"b", "a"}).value();
  EXPECT_EQ(put_tree(*blobs_, one).value(), put_tree(*blobs_, two).value());
}

TEST_F(TreeTest, KeepingRefusesWhatLiesOutsideOrIsNoFile) {
  write(temp_.path() / "secret", "x");
  fs::create_directory_symlink(temp_.path(), from_ / "up");
  EXPECT_NE(keep_files(*blobs_, from_fd_.get(), {"up/secret"}).error().message.find("`up/secret`"), std::string::npos);
  EXPECT_FALSE(keep_files(*blobs_, from_fd_.get(), {"../secret"}).ok());
  EXPECT_FALSE(keep_files(*blobs_, from_fd_.get(), {(temp_.path() / "secret").string()}).ok());
  ASSERT_EQ(::mkfifo((from_ / "fifo").c_str(), 0600), 0);
  EXPECT_NE(keep_files(*blobs_, from_fd_.get(), {"fifo"}).error().message.find("neither a file"), std::string::npos);
}

TEST_F(TreeTest, HostileTreesAreRefusedByNameAndWriteNothing) {
  EXPECT_NE(refusal({file("/etc/passwd", "x")}).find("`/etc/passwd` is an absolute path"), std::string::npos);
  EXPECT_NE(refusal({file("a/../../x", "x")}).find("`a/../../x`"), std::string::npos);
  EXPECT_NE(refusal({file("a//b", "x")}).find("`a//b`"), std::string::npos);
  EXPECT_NE(refusal({file("./a", "x")}).find("`./a`"), std::string::npos);
  EXPECT_NE(refusal({file("a", "x"), file("a", "y")}).find("`a` is there twice"), std::string::npos);
  EXPECT_NE(refusal({link("a", "b"), file("a/x", "y")}).find("`a/x` lies below a link"), std::string::npos);
  EXPECT_NE(refusal({file("a", "b"), file("a/x", "y")}).find("`a/x` lies below a file"), std::string::npos);
  EXPECT_NE(refusal({file("ok", "x"), link("a", "/etc")}).find("`a` is a link that leads out"), std::string::npos);
  EXPECT_NE(refusal({link("a/b", "../../x")}).find("`a/b`"), std::string::npos);
  EXPECT_NE(refusal({link("d", "."), link("x", "d/d/../..")}).find("`x`"), std::string::npos);
  EXPECT_NE(refusal({file("", "x")}).find("is no path"), std::string::npos);
}

TEST_F(TreeTest, AbsoluteLinksPassWhereTheRuleSaysSo) {
  const LinkRule inside{false, "/home/ana/app"};
  EXPECT_TRUE(link_stays_inside("a", "/home/ana/app/bin/x", inside));
  EXPECT_TRUE(link_stays_inside("a", "/home/ana/app", inside));
  EXPECT_FALSE(link_stays_inside("a", "/home/ana/application", inside));
  EXPECT_FALSE(link_stays_inside("a", "/home/ana/app/../b", inside));
  EXPECT_TRUE(link_stays_inside("venv/bin/python", "/usr/bin/python3", LinkRule{true, ""}));
  EXPECT_TRUE(restore_files(*blobs_, to_fd_.get(), {link("venv/python", "/usr/bin/python3")}, LinkRule{true, ""}).ok());
  EXPECT_EQ(fs::read_symlink(to_ / "venv/python"), "/usr/bin/python3");
}

TEST_F(TreeTest, RestoringReplacesAndNeverWritesThroughALink) {
  write(temp_.path() / "outside", "untouched");
  fs::create_symlink(temp_.path() / "outside", to_ / "file");
  fs::create_directory_symlink(temp_.path(), to_ / "folder");
  ASSERT_TRUE(restore_files(*blobs_, to_fd_.get(), {file("file", "new")}).ok());
  EXPECT_EQ(read(to_ / "file"), "new");
  EXPECT_FALSE(fs::is_symlink(to_ / "file"));
  EXPECT_EQ(read(temp_.path() / "outside"), "untouched");
  const auto through = restore_files(*blobs_, to_fd_.get(), {file("folder/outside", "new")});
  ASSERT_FALSE(through.ok());
  EXPECT_NE(through.error().message.find("folder"), std::string::npos);
  EXPECT_EQ(read(temp_.path() / "outside"), "untouched");
}

TEST_F(TreeTest, RestoringGoesOverWhatIsThere) {
  write(to_ / "a/old", "old");
  write(to_ / "b", "a file in the way of a folder");
  fs::create_directories(to_ / "c");
  TreeEntry folder;
  folder.path = "b";
  folder.kind = Kind::folder;
  folder.mode = 0755;
  ASSERT_TRUE(
      restore_files(*blobs_, to_fd_.get(), {file("a/old", "new"), folder, file("b/x", "x"), file("c", "no folder")})
          .ok());
  EXPECT_EQ(read(to_ / "a/old"), "new");
  EXPECT_EQ(read(to_ / "b/x"), "x");
  EXPECT_EQ(read(to_ / "c"), "no folder");
}

TEST_F(TreeTest, AManifestThatIsDamagedIsRefused) {
  const std::string good = to_manifest({file("a", "x"), link("b", "a")});
  ASSERT_TRUE(parse_manifest(good).ok());
  EXPECT_FALSE(parse_manifest("").ok());
  EXPECT_FALSE(parse_manifest("tar\n").ok());
  for (size_t size = 0; size < good.size(); ++size) {
    const auto cut = parse_manifest(good.substr(0, size));
    EXPECT_TRUE(!cut.ok() || cut->size() < 2) << size;
  }
  EXPECT_FALSE(parse_manifest("penstock-tree 1\nd 7777 0 a" + std::string(1, '\0')).ok());
  EXPECT_FALSE(parse_manifest(std::string("penstock-tree 1\nd 755 0 ../a") + std::string(1, '\0')).ok());
}

TEST_F(TreeTest, NamesEveryBlobThatATreeNeeds) {
  const Tree tree{file("a", "1"), file("b", "2"), link("c", "a")};
  const Digest digest = put_tree(*blobs_, tree).value();
  std::set<Digest> keep;
  ASSERT_TRUE(add_blobs_of(*blobs_, digest, keep).ok());
  EXPECT_EQ(keep, (std::set<Digest>{digest, sha256("1"), sha256("2")}));
}

TEST_F(TreeTest, WhatIsKnownIsTakenOverUnread) {
  write(from_ / "a", "other than known");
  write(from_ / "b", "read");
  const TreeEntry known = file("a", "known");
  const Tree tree = keep_files(*blobs_, from_fd_.get(), {"a", "b"}, [&](const std::string& path) {
                      return path == "a" ? &known : nullptr;
                    }).value();
  ASSERT_EQ(tree.size(), 2u);
  EXPECT_EQ(tree[0], known);
  EXPECT_EQ(tree[1].content, sha256("read"));
}

TEST_F(TreeTest, AnAdditionIsWhatIsNewWithTheFoldersThatItLiesIn) {
  const auto folder = [](const std::string& path, uint32_t mode) {
    return TreeEntry{path, Kind::folder, mode, 0, 0, {}, {}};
  };
  const Tree from{folder("a", 0755), folder("a/b", 0700), file("a/b/x", "x"), file("c/y", "y"), link("d", "c")};
  EXPECT_EQ(addition_between(from, from), Tree{});
  Tree to = from;
  to[2] = file("a/b/x", "other");
  to.push_back(file("c/z", "z"));
  EXPECT_EQ(addition_between(from, to), (Tree{from[0], from[1], to[2], to[5]}));
  to[4] = file("d", "no link any more");
  to[1].mode = 0755;
  EXPECT_EQ(addition_between(from, to), (Tree{from[0], to[1], to[2], to[5], to[4]}));
  to.erase(to.begin() + 3);
  EXPECT_EQ(addition_between(from, to), std::nullopt) << "nothing that lies over it takes `c/y` away";
}

TEST_F(TreeTest, OpenBeneathStaysInside) {
  write(from_ / "in/file", "x");
  fs::create_directory_symlink("in", from_ / "alias");
  fs::create_directory_symlink("..", from_ / "up");
  EXPECT_TRUE(open_beneath(from_fd_.get(), "alias/file", O_RDONLY));
  EXPECT_FALSE(open_beneath(from_fd_.get(), "up/to", O_RDONLY));
  EXPECT_TRUE(leads_out(errno));
  EXPECT_FALSE(open_beneath(from_fd_.get(), "missing", O_RDONLY));
  EXPECT_EQ(errno, ENOENT);
}

}  // namespace
}  // namespace penstock
