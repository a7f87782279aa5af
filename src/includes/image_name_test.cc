#include "includes/image_name.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(ImageName, HasARegistryWhereItsFirstPartIsAHost) {
  EXPECT_EQ(parse_image_name("python"), (ImageName{"", "python", "", ""}));
  EXPECT_EQ(parse_image_name("group/python:3.12"), (ImageName{"", "group/python", "3.12", ""}));
  EXPECT_EQ(parse_image_name("registry.example.com/a/b_c--d:X"),
            (ImageName{"registry.example.com", "a/b_c--d", "X", ""}));
  EXPECT_EQ(parse_image_name("localhost/a"), (ImageName{"localhost", "a", "", ""}));
  const std::string digest(64, 'a');
  EXPECT_EQ(parse_image_name("127.0.0.1:5000/a:1@sha256:" + digest), (ImageName{"127.0.0.1:5000", "a", "1", digest}));
}

TEST(ImageName, WhatIsNoneHasNoParts) {
  for (const char* wrong : {"", "$IMAGE", "A", "a:", "a:$TAG", "a//b", "a/../b", "/a", "a/", "a b", "a@sha256:12", "-a",
                            "h.x:/a", "h.x:1:2/a", "a@md5:00", "a?b", "h.x/a#b"}) {
    EXPECT_EQ(parse_image_name(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace penstock
