#include "releases/make_release.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "blobs/folder_blob_store.h"
#include "blobs/tree.h"

namespace penstock {
namespace {

class MakeReleaseTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("make_release_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    blobs_ = *open_folder_blob_store(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  KeptArchive kept(const std::string& job, int64_t attempt,
                   const std::vector<std::pair<std::string, std::string>>& files) {
    Tree tree;
    for (const auto& [path, content] : files) {
      TreeEntry entry;
      entry.path = path;
      entry.size = content.size();
      entry.content = *put(*blobs_, content);
      tree.push_back(entry);
    }
    return {job, attempt, *put_tree(*blobs_, tree), Instant() + std::chrono::hours(attempt)};
  }
  Result<Release> make(const std::vector<KeptArchive>& artifacts, const std::string& wanted = {}) {
    BuiltFrom from;
    from.run = 3;
    from.commit = "3f9c2e1";
    return make_release(*blobs_, artifacts, from, wanted);
  }

  std::filesystem::path folder_;
  std::unique_ptr<BlobStore> blobs_;
};

TEST_F(MakeReleaseTest, TakesWheelsAndSourceDistributionsByDefault) {
  const auto release = make({kept("package", 1,
                                  {{"dist/My_App-2.8.0-py3-none-any.whl", "wheel"},
                                   {"dist/my_app-2.8.0.tar.gz", "sdist"},
                                   {"dist/SHA256SUMS", "sums"}}),
                             kept("docs", 2, {{"site/index.html", "docs"}})});
  ASSERT_TRUE(release.ok()) << release.error().message;
  EXPECT_EQ(release->name, "my-app-2.8.0");
  EXPECT_EQ(release->version, "2.8.0");
  ASSERT_EQ(release->artifacts.size(), 2U);
  EXPECT_EQ(release->artifacts[0].digest, sha256("wheel"));
  EXPECT_EQ(release->id, release_id("3f9c2e1", release->artifacts));
}

TEST_F(MakeReleaseTest, TakesWhatIsNamed) {
  const std::vector<KeptArchive> artifacts = {
      kept("package", 1, {{"dist/app-1.0-py3-none-any.whl", "a"}, {"dist/tool-2.0-py3-none-any.whl", "t"}}),
      kept("site", 2, {{"out/site.tar", "s"}})};
  EXPECT_EQ(make(artifacts, "tool")->name, "tool-2.0");
  EXPECT_EQ(make(artifacts, "tool")->artifacts.size(), 1U);
  EXPECT_EQ(make(artifacts, "out/*.tar")->name, "site.tar@3f9c2e1") << "what has no version in its name";
  EXPECT_EQ(make(artifacts, "site.tar")->artifacts.size(), 1U);
}

TEST_F(MakeReleaseTest, TakesTheLastAttemptOfAJob) {
  const auto release = make({kept("package", 1, {{"app-1.0-py3-none-any.whl", "broken"}}),
                             kept("package", 4, {{"app-1.0-py3-none-any.whl", "good"}})});
  ASSERT_TRUE(release.ok()) << release.error().message;
  EXPECT_EQ(release->artifacts.front().digest, sha256("good"));
}

TEST_F(MakeReleaseTest, WasBuiltWhenTheLastOfItsFilesWasKept) {
  const auto release = make({kept("wheel", 2, {{"app-1.0-py3-none-any.whl", "w"}}),
                             kept("sdist", 3, {{"app-1.0.tar.gz", "s"}}), kept("docs", 4, {{"site/index.html", "d"}})});
  EXPECT_EQ(release->built_at, Instant() + std::chrono::hours(3));
}

TEST_F(MakeReleaseTest, SaysWhatThereIsWhereNothingFits) {
  const auto release = make({kept("package", 1, {{"dist/app.bin", "x"}})});
  ASSERT_FALSE(release.ok());
  EXPECT_NE(release.error().message.find("run 3 kept no wheel"), std::string::npos);
  EXPECT_NE(release.error().help.find("dist/app.bin"), std::string::npos);
  EXPECT_NE(make({}).error().help.find("artifacts: {paths:"), std::string::npos);
}

TEST_F(MakeReleaseTest, RefusesTwoFilesOfOneNameThatDiffer) {
  const auto same =
      make({kept("a", 1, {{"app-1.0-py3-none-any.whl", "x"}}), kept("b", 2, {{"app-1.0-py3-none-any.whl", "x"}})});
  EXPECT_TRUE(same.ok());
  const auto differ =
      make({kept("a", 1, {{"app-1.0-py3-none-any.whl", "x"}}), kept("b", 2, {{"app-1.0-py3-none-any.whl", "y"}})});
  ASSERT_FALSE(differ.ok());
  EXPECT_EQ(differ.error().fault, Fault::user);
}

TEST(DistributionName, IsReadOffTheFile) {
  EXPECT_EQ(distribution_of("Flask_Login-0.6.3-py3-none-any.whl").name, "flask-login");
  EXPECT_EQ(distribution_of("a.b--c-1.0-2-cp311-cp311-linux_x86_64.whl").version, "");
  EXPECT_EQ(distribution_of("app-2.8.0-1-py3-none-any.whl").version, "2.8.0");
  EXPECT_EQ(distribution_of("my-app-2.8.0.tar.gz").name, "my-app");
  EXPECT_EQ(distribution_of("node-modules.tar.gz").name, "");
  EXPECT_EQ(distribution_of("app.whl").name, "");
}

}  // namespace
}  // namespace penstock
