#include "base/environment_names.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(EnvironmentSlug, KeepsWhatIsASlugAlready) {
  EXPECT_EQ(environment_slug("production"), "production");
  EXPECT_EQ(environment_slug("dev-domain"), "dev-domain");
}

TEST(EnvironmentSlug, GivesAChangedNameGitLabsSuffix) {
  EXPECT_EQ(environment_slug("Stage Domain"), "stage-domain-ip33nk");
  EXPECT_EQ(environment_slug("stage-domain-foobar-long-string"), "stage-domain-foob-yafktx");
}

TEST(EnvironmentSlug, StartsWithALetterAndFits) {
  for (const char* name : {"1-foo", "___", "review/Ünï", "a--b", "very-long-name-that-goes-on-and-on"}) {
    std::string slugged = environment_slug(name);
    EXPECT_LE(slugged.size(), 24u) << name;
    EXPECT_TRUE(slugged[0] >= 'a' && slugged[0] <= 'z') << slugged;
    EXPECT_EQ(slugged.find("--"), std::string::npos) << slugged;
  }
}

TEST(EnvironmentTier, IsDerivedFromTheName) {
  EXPECT_EQ(environment_tier("Production"), "production");
  EXPECT_EQ(environment_tier("prd-eu"), "production");
  EXPECT_EQ(environment_tier("live"), "production");
  EXPECT_EQ(environment_tier("staging"), "staging");
  EXPECT_EQ(environment_tier("pre-prod"), "staging");
  EXPECT_EQ(environment_tier("review/feature"), "development");
  EXPECT_EQ(environment_tier("qa"), "testing");
  EXPECT_EQ(environment_tier("canary"), "other");
}

TEST(EnvironmentPattern, TakesAStarForAnyText) {
  EXPECT_TRUE(matches_environment("review/*", "review/feature/cart"));
  EXPECT_TRUE(matches_environment("*-eu-*", "prod-eu-1"));
  EXPECT_TRUE(matches_environment("staging", "staging"));
  EXPECT_FALSE(matches_environment("review/*", "preview/x"));
  EXPECT_FALSE(matches_environment("a*b*c", "a-b-d"));
}

TEST(Slug, IsLowerCaseWithoutHyphensAtItsEnds) {
  EXPECT_EQ(name_slug("Feature/Add_Cart!"), "feature-add-cart");
  EXPECT_EQ(name_slug("unit: [3.11, flask]"), "unit---3-11--flask");
  EXPECT_EQ(name_slug(std::string(80, 'x')).size(), 63u);
}

}  // namespace
}  // namespace penstock
