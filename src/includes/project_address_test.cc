#include <gtest/gtest.h>

#include "includes/project_address.h"

namespace penstock {
namespace {

TEST(Remote, ReadsEveryFormOfUrl) {
  ProjectAddress address = parse_remote("git@gitlab.com:gcl/test-project.git", "folder");
  EXPECT_EQ(address.host, "gitlab.com");
  EXPECT_EQ(address.path, "gcl/test-project");
  address = parse_remote("ssh://git@host.example:2222/a/b.git", "folder");
  EXPECT_EQ(address.host, "host.example");
  EXPECT_EQ(address.port, "443");
  EXPECT_EQ(address.path, "a/b");
  address = parse_remote("http://host.example:8080/a/b/", "folder");
  EXPECT_EQ(address.protocol, "http");
  EXPECT_EQ(address.port, "8080");
  EXPECT_EQ(address.path, "a/b");
  address = parse_remote("/srv/git/app.git", "folder");
  EXPECT_EQ(address.path, "folder");
  EXPECT_EQ(parse_remote("", "folder").path, "folder");
}

TEST(Remote, WhatAUrlLeavesOutHasItsDefault) {
  ProjectAddress address = parse_remote("https://host.example:/", "folder");
  EXPECT_EQ(address.host, "host.example");
  EXPECT_EQ(address.port, "443");
  EXPECT_EQ(address.path, "folder");
  address = parse_remote(":", "folder");
  EXPECT_EQ(address.host, "localhost");
  EXPECT_EQ(address.path, "folder");
}

TEST(Remote, NeverKeepsAPassword) {
  EXPECT_EQ(parse_remote("https://ada:s3cret@host.example/a/b.git", "folder").clone_url,
            "https://host.example/a/b.git");
}

}  // namespace
}  // namespace penstock
