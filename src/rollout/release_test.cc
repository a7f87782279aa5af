#include "rollout/release.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

Release example() {
  Release release;
  release.name = "app-2.8.0";
  release.version = "2.8.0";
  release.artifacts = {{"app-2.8.0-py3-none-any.whl", sha256("wheel"), 5}, {"app-2.8.0.tar.gz", sha256("sdist"), 6}};
  release.commit = "3f9c2e1";
  release.subject = "Add checkout";
  release.author = "Ana <ana@example.org>";
  release.committed_at = Instant(Duration(1));
  release.ref = "main";
  release.run = 12;
  release.tests = "412 passed";
  release.built_at = Instant(Duration(2));
  release.dependencies = {
      {"cpython-3.11-linux_x86_64", {{"flask-3.1-py3-none-any.whl", sha256("flask"), 7}}, Instant(Duration(3))}};
  release.id = release_id(release.commit, release.artifacts);
  return release;
}

TEST(Release, IsItsContents) {
  const Release release = example();
  std::vector<ReleaseFile> turned = {release.artifacts[1], release.artifacts[0]};
  EXPECT_EQ(release_id(release.commit, turned), release.id);
  EXPECT_NE(release_id("another", release.artifacts), release.id);
  turned[0].digest = sha256("changed");
  EXPECT_NE(release_id(release.commit, turned), release.id);
}

TEST(Release, ReadsTheManifestThatItWrote) {
  const Result<Release> read = release_from_json(to_json(example()));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, example());
}

TEST(Release, RefusesAManifestThatWasTamperedWith) {
  std::string text = to_json(example());
  const std::string digest = to_hex(sha256("wheel"));
  text.replace(text.find(digest), digest.size(), to_hex(sha256("evil")));
  EXPECT_FALSE(release_from_json(text).ok());
}

TEST(Release, RefusesFileNamesThatLeadElsewhere) {
  for (const char* name : {"../evil.whl", "a/b", "..", ""}) {
    Release release = example();
    release.dependencies[0].wheels[0].name = name;
    EXPECT_FALSE(release_from_json(to_json(release)).ok()) << name;
  }
}

}  // namespace
}  // namespace penstock
