#include "base/source.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(LineOf, CountsFromOneAndLeavesTheLineBreakOut) {
  const SourceFile file{"a.yml", "one\ntwo\r\n\nfour"};
  EXPECT_EQ(line_of(file, 1), "one");
  EXPECT_EQ(line_of(file, 2), "two");
  EXPECT_EQ(line_of(file, 3), "");
  EXPECT_EQ(line_of(file, 4), "four");
}

TEST(LineOf, IsEmptyOutsideTheText) {
  const SourceFile file{"a.yml", "one\n"};
  EXPECT_EQ(line_of(file, 0), "");
  EXPECT_EQ(line_of(file, 2), "");
  EXPECT_EQ(line_of(file, 4000000000U), "");
  EXPECT_EQ(line_of(SourceFile{}, 1), "");
}

TEST(LocationOf, KeepsTheNameWhenTheTextIsGone) {
  SourceLocation location;
  {
    const SourceSpan span{std::make_shared<const SourceFile>(SourceFile{"ci.yml", "x"}), 3, 5, 3, 9};
    location = location_of(span);
  }
  EXPECT_EQ(location, (SourceLocation{"ci.yml", 3, 5}));
  EXPECT_EQ(location_of(SourceSpan{}), SourceLocation{});
}

}  // namespace
}  // namespace penstock
