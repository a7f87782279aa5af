#include "base/shared.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "base/boxed.h"

namespace penstock {
namespace {

TEST(Shared, ReadsAsTheUsualValueUntilItIsGivenOne) {
  Shared<std::string> text;
  EXPECT_TRUE(text->empty());
  EXPECT_EQ(text, Shared<std::string>(std::string()));
  text = std::string("said");
  EXPECT_EQ(*text, "said");
}

TEST(Shared, IsOneAndTheSameInACopyAndEqualWhereItSaysTheSame) {
  const Shared<std::string> one(std::string("said"));
  const Shared<std::string> copy = one;
  const Shared<std::string> again(std::string("said"));
  EXPECT_TRUE(copy.is(one));
  EXPECT_FALSE(again.is(one));
  EXPECT_EQ(again, one);
  EXPECT_NE(one, Shared<std::string>(std::string("other")));
}

TEST(Boxed, HoldsAValueOfItsOwnOrNone) {
  Boxed<std::string> none;
  EXPECT_FALSE(none);
  Boxed<std::string> some(std::string("said"));
  Boxed<std::string> copy = some;
  *copy += " twice";
  EXPECT_EQ(*some, "said");
  EXPECT_NE(some, copy);
  EXPECT_NE(some, none);
  none = some;
  EXPECT_EQ(none, some);
  Boxed<std::string> taken = std::move(copy);
  EXPECT_EQ(*taken, "said twice");
  taken.reset();
  EXPECT_EQ(taken, Boxed<std::string>());
}

}  // namespace
}  // namespace penstock
