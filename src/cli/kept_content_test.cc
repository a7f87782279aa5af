#include "cli/kept_content.h"

#include <gtest/gtest.h>

#include "blobs/blob_store.h"
#include "blobs/folder_blob_store.h"
#include "blobs/tree.h"
#include "os/files.h"

namespace penstock {
namespace {

class KeptContentTest : public ::testing::Test {
 protected:
  KeptContentTest()
      : temp(std::move(os::TempFolder::make()).value()),
        blobs(std::move(open_folder_blob_store(temp.path() / "blobs")).value()) {}

  Digest blob(const std::string& content) { return std::move(put(*blobs, content)).value(); }
  Digest tree(const std::vector<Digest>& files) {
    Tree tree;
    for (size_t i = 0; i < files.size(); ++i) {
      TreeEntry entry;
      entry.path = "f" + std::to_string(i);
      entry.content = files[i];
      tree.push_back(entry);
    }
    return std::move(put_tree(*blobs, tree)).value();
  }

  os::TempFolder temp;
  std::unique_ptr<BlobStore> blobs;
};

TEST_F(KeptContentTest, SharedContentCountsOnceAndIsNeededWhileOneNeedsIt) {
  const Digest shared = blob("shared");
  const Digest own = blob("own");
  const Digest one = tree({shared});
  const Digest two = tree({shared, own});
  KeptContent kept({{shared, 1000}, {own, 100}, {one, 10}, {two, 1}});
  kept.add(*blobs, one);
  kept.add(*blobs, two);
  EXPECT_EQ(kept.bytes(), 1111u);
  EXPECT_EQ(kept.remove(two), 101u);
  EXPECT_TRUE(kept.needed().contains(shared));
  EXPECT_FALSE(kept.needed().contains(own));
  EXPECT_EQ(kept.remove(one), 1010u);
  EXPECT_EQ(kept.bytes(), 0u);
  EXPECT_TRUE(kept.needed().empty());
}

TEST_F(KeptContentTest, ATreeThatIsGoneCountsAsItsManifestAlone) {
  const Digest gone = sha256("nobody keeps this");
  KeptContent kept({{gone, 5}});
  kept.add(*blobs, gone);
  EXPECT_EQ(kept.bytes(), 5u);
  EXPECT_EQ(kept.remove(gone), 5u);
}

TEST(KeptContent, CountsABlobThatStandsForItself) {
  const Digest blob = sha256("a wheel");
  KeptContent kept({{blob, 7}});
  kept.add_blob(blob);
  kept.add_blob(blob);
  EXPECT_EQ(kept.bytes(), 7U);
  EXPECT_TRUE(kept.needed().contains(blob));
}

}  // namespace
}  // namespace penstock
