#include "releases/release_from_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "blobs/folder_blob_store.h"
#include "os/files.h"

namespace penstock {
namespace {

using ::testing::HasSubstr;

class FromFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ("from_files_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder_);
    root_ = folder_ / "work";
    std::filesystem::create_directories(root_ / "dist/more");
    blobs_ = *open_folder_blob_store(folder_ / "blobs");
    put("dist/app-1.0-py3-none-any.whl", "wheel");
    put("dist/more/notes.txt", "notes");
    put("other-2.0-py3-none-any.whl", "not in dist");
    from_.commit = "3f9c2e1";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void put(const std::string& path, const std::string& text) {
    ASSERT_TRUE(os::write_atomically(root_ / path, text).ok());
  }
  Result<Release> make(std::vector<std::string> places = {}, const std::string& wanted = {}) {
    return release_from_files(*blobs_, root_, std::move(places), from_, wanted);
  }

  std::filesystem::path folder_;
  std::filesystem::path root_;
  std::unique_ptr<BlobStore> blobs_;
  BuiltFrom from_;
};

TEST_F(FromFiles, TakesTheWheelOfDist) {
  const auto release = make();
  ASSERT_TRUE(release.ok()) << release.error().message;
  EXPECT_EQ(release->name, "app-1.0");
  ASSERT_EQ(release->artifacts.size(), 1U);
  EXPECT_TRUE(blobs_->has(release->artifacts[0].digest));
  EXPECT_GT(release->built_at, Instant());
}

TEST_F(FromFiles, IsTheSameReleaseWhereverTheSameFilesLie) {
  const std::string id = make()->id;
  std::filesystem::rename(root_, folder_ / "elsewhere");
  root_ = folder_ / "elsewhere";
  EXPECT_EQ(make()->id, id);
}

TEST_F(FromFiles, LooksWhereAPatternSaysThatTheyLie) {
  EXPECT_EQ(make({}, "dist/more/*.txt")->artifacts.at(0).name, "notes.txt");
  EXPECT_EQ(make({"other-2.0-py3-none-any.whl"})->name, "other-2.0");
  EXPECT_EQ(make({(root_ / "dist").string() + "/"})->name, "app-1.0");
}

TEST_F(FromFiles, TellsWhatIsThereInPlaceOfWhatIsWanted) {
  const auto other = make({}, "shop");
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().message, "the work tree has no artifact `shop`");
  EXPECT_THAT(other.error().help, HasSubstr("what is there: dist/app-1.0-py3-none-any.whl, dist/more/notes.txt"));
  EXPECT_THAT(make({"build"}).error().message, HasSubstr("there is no `build` to deploy from"));
}

TEST_F(FromFiles, NeverLeavesTheWorkTree) {
  EXPECT_THAT(make({"../blobs"}).error().message, HasSubstr("outside the work tree"));
  EXPECT_THAT(make({folder_.string()}).error().message, HasSubstr("outside the work tree"));
  std::filesystem::create_symlink(folder_ / "blobs", root_ / "link");
  EXPECT_FALSE(make({"link"}).ok());
  std::filesystem::create_symlink(root_ / "other-2.0-py3-none-any.whl", root_ / "dist/other-2.0-py3-none-any.whl");
  EXPECT_EQ(make()->artifacts.size(), 1U) << "no link is followed";
}

}  // namespace
}  // namespace penstock
