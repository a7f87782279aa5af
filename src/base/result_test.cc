#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <type_traits>
#include <vector>

namespace penstock {
namespace {

Result<std::vector<std::string>> words() {
  return std::vector<std::string>(3, "long enough to lie on the heap, surely");
}

Result<size_t> length_of(Result<std::string> text) {
  PENSTOCK_TRY(const std::string taken, std::move(text));
  return taken.size();
}

TEST(ResultTest, ATemporarysValueOutlivesIt) {
  static_assert(std::is_same_v<decltype(words().value()), std::vector<std::string>>);
  static_assert(std::is_same_v<decltype(*words()), std::vector<std::string>>);
  size_t bytes = 0;
  for (const std::string& word : words().value()) bytes += word.size();
  EXPECT_EQ(bytes, 3 * words()->front().size());
}

TEST(ResultTest, TryTakesTheValueOrReturnsTheError) {
  EXPECT_EQ(length_of(std::string("four")).value(), 4u);
  const Error error{Fault::machine, "no", "try again"};
  EXPECT_EQ(length_of(error).error(), error);
}

TEST(ResultTest, AValueThatOnlyMovesIsTakenOut) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 7);
}

}  // namespace
}  // namespace penstock
