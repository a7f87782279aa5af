#include "includes/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "includes/guarded_exchange.h"

namespace penstock {
namespace {

TEST(IncludeSettings, StandInGitsConfiguration) {
  const IncludeSettings settings = read_include_settings({{"penstock.mirror", "~/mirror", "", "global"},
                                                          {"penstock.remote", "https://a/{project}.git", "", "global"},
                                                          {"penstock.remote", "ssh://b/{project}", "", "local"},
                                                          {"penstock.allowhost", "inside", "", "global"},
                                                          {"penstock.offline", "true", "", "local"},
                                                          {"penstock.registry", "mirror/x", "", "global"},
                                                          {"http.sslcainfo", "/ca.pem", "", "local"},
                                                          {"url.ssh://x/.insteadof", "https://x/", "", "local"},
                                                          {"remote.origin.url", "git@host:g/p.git", "", "local"}},
                                                         "/home/me");
  EXPECT_THAT(settings.mirrors, testing::ElementsAre("/home/me/mirror"));
  ASSERT_EQ(settings.remotes.size(), 2U);
  EXPECT_FALSE(settings.remotes[0].of_clone);
  EXPECT_TRUE(settings.remotes[1].of_clone);
  EXPECT_THAT(settings.allowed_hosts, testing::ElementsAre("inside"));
  EXPECT_TRUE(settings.offline);
  EXPECT_EQ(settings.registry, "mirror/x");
  EXPECT_EQ(settings.certificates, "/ca.pem");
  EXPECT_EQ(settings.transport.size(), 2U);
}

TEST(IncludeSettings, ProjectsBesideTheOriginHaveAddressesLikeIt) {
  EXPECT_EQ(pattern_of("git@host:g/p.git", "g/p"), "git@host:{project}.git");
  EXPECT_EQ(pattern_of("https://me@host:8443/sub/g/p/", "g/p"), "https://me@host:8443/sub/{project}/");
  EXPECT_EQ(pattern_of("/srv/g/p", "g/p"), "/srv/{project}");
  EXPECT_EQ(pattern_of("https://host/other/xg/p.git", "g/p"), "");
  EXPECT_EQ(pattern_of("g/p", "g/p"), "");
  EXPECT_EQ(address_of("git@host:{project}.git", "a/b/c"), "git@host:a/b/c.git");
  EXPECT_EQ(address_of("git@host:x", "a/b"), "");
}

TEST(Redirect, LeadsWhereABrowserWouldGo) {
  const std::string from = "https://host:1/a/b.yml?c=/d";
  EXPECT_EQ(redirected(from, "https://other/x"), "https://other/x");
  EXPECT_EQ(redirected(from, "//other/x"), "https://other/x");
  EXPECT_EQ(redirected(from, "/x?y=http://z"), "https://host:1/x?y=http://z");
  EXPECT_EQ(redirected(from, "x.yml"), "https://host:1/a/x.yml");
  EXPECT_EQ(redirected("https://host", "x"), "https://host/x");
}

}  // namespace
}  // namespace penstock
