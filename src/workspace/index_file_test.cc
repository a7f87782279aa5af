#include "workspace/index_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "git/testing/scratch_repository.h"
#include "os/files.h"
#include "workspace/tree_cache.h"
#include "workspace/tree_writer.h"

namespace penstock::workspace {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kFile = 0100644;

TEST(IndexFile, GitReadsWhatWeChanged) {
  git::ScratchRepository scratch;
  for (const char* name : {"a", "dir/b", "dir/c", "other/x/y", "z"}) scratch.write(name, name);
  scratch.commit();
  const fs::path path = scratch.path() / ".git/index";
  scratch.git({"-c", "index.version=2", "read-tree", "HEAD"});
  const std::string blob = scratch.git({"rev-parse", "HEAD:a"});
  IndexFile index = std::move(IndexFile::read(path, 20)).value();
  EXPECT_EQ(index.size(), 5U);
  const std::string longest(5000, 'n');
  index.update({{"dir/b", 0, {}, {}},
                {"dir/b/inside", kFile, blob, {}},
                {"other/x/y", 0, {}, {}},
                {"a", kFile, blob, {}},
                {longest, kFile, blob, {}}},
               {"other/x", "other"});
  ASSERT_TRUE(index.write(path).ok());
  EXPECT_EQ(scratch.git({"ls-files"}), "a\ndir/b/inside\ndir/c\n" + longest + "\nz");
  EXPECT_EQ(scratch.git({"ls-files", "-s", "dir/b/inside"}), "100644 " + blob + " 0\tdir/b/inside");
  // The tree that the cache says is the tree that the entries say.
  const std::string tree = scratch.git({"write-tree"});
  scratch.git({"update-index", "--force-write-index"});
  fs::copy_file(path, scratch.outside() / "index");
  EXPECT_EQ(std::move(IndexFile::read(path, 20)).value().size(), 5U);
  scratch.git({"read-tree", "--empty"});
  scratch.git({"read-tree", tree});
  EXPECT_EQ(scratch.git({"ls-files"}), "a\ndir/b/inside\ndir/c\n" + longest + "\nz");
}

TEST(IndexFile, AnUntouchedOneIsWrittenAsItWas) {
  git::ScratchRepository scratch;
  scratch.write("dir/a", "x");
  scratch.commit();
  const fs::path path = scratch.path() / ".git/index";
  IndexFile index = std::move(IndexFile::read(path, 20)).value();
  ASSERT_TRUE(index.write(scratch.outside() / "index").ok());
  EXPECT_EQ(os::read_file(scratch.outside() / "index").value(), os::read_file(path).value());
}

TEST(IndexFile, DamageIsAnErrorAndNeverACrash) {
  git::ScratchRepository scratch;
  for (const char* name : {"a", "dir/b", "dir/c"}) scratch.write(name, name);
  scratch.commit();
  const std::string good = os::read_file(scratch.path() / ".git/index").value();
  const fs::path path = scratch.outside() / "index";
  const unsigned seed = 7;
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    std::string bad = good;
    if (round % 3 == 0) bad.resize(random() % bad.size());
    for (int flip = 0; flip < 4 && !bad.empty(); ++flip) bad[random() % bad.size()] = static_cast<char>(random());
    ASSERT_TRUE(os::write_atomically(path, bad).ok());
    auto read = IndexFile::read(path, 20);
    if (!read.ok()) continue;
    read->update({{"dir/new", kFile, std::string(40, 'a'), {}}});
    EXPECT_GE(read->size(), 1U) << "seed " << seed << " round " << round;
  }
  ASSERT_TRUE(os::write_atomically(path, "").ok());
  EXPECT_FALSE(IndexFile::read(path, 20).ok());
}

TEST(TreeCache, ForgetsWhatChangedAndDropsWhatIsGone) {
  using std::string_literals::operator""s;
  const std::string id(20, 'i');
  const std::string cache = "\0003 2\n"s + id + "a\0001 0\n"s + id + "b\0001 1\n"s + id + "c\0001 0\n"s + id;
  EXPECT_EQ(invalidate_tree_cache(cache, 20, {"", "b"}, {"a"}), "\0-1 1\nb\0-1 1\nc\0001 0\n"s + id);
  EXPECT_EQ(invalidate_tree_cache(cache, 20, {}, {}), cache);
  EXPECT_EQ(invalidate_tree_cache(cache.substr(0, cache.size() - 1), 20, {}, {}), "");
  EXPECT_EQ(invalidate_tree_cache("\0003 999999\n"s + id, 20, {}, {}), "");
}

TEST(TreeWriter, TakesOnlyPathsThatACheckoutMayHave) {
  for (const char* good : {"a", "a/b", ".gitignore", "a/.github/x", "-x", "..a", "a..b"})
    EXPECT_TRUE(is_writable_path(good)) << good;
  for (const char* bad : {"", "/a", "a/", "a//b", ".", "..", "a/../b", ".git", "a/.GIT/hooks", "./a"})
    EXPECT_FALSE(is_writable_path(bad)) << bad;
}

TEST(TreeWriter, NeverFollowsALink) {
  os::TempFolder folder = os::TempFolder::make().value();
  fs::create_directories(folder.path() / "tree");
  fs::create_directories(folder.path() / "outside");
  fs::create_directory_symlink(folder.path() / "outside", folder.path() / "tree/link");
  const TreeWriter writer = std::move(TreeWriter::open(folder.path() / "tree")).value();
  EXPECT_TRUE(writer.whiteout("link/x").ok());
  EXPECT_FALSE(writer.make_folder("link/x").ok());
  EXPECT_FALSE(writer.look("link/x").value().has_value());
  EXPECT_TRUE(os::list_folder(folder.path() / "outside").value().empty());
}

}  // namespace
}  // namespace penstock::workspace
