#include "base/suggest.h"

#include <gtest/gtest.h>

#include <random>

namespace penstock {
namespace {

TEST(EditDistance, CountsInsertionsDeletionsChangesAndSwaps) {
  EXPECT_EQ(edit_distance("script", "script", 5), 0U);
  EXPECT_EQ(edit_distance("scrpt", "script", 5), 1U);
  EXPECT_EQ(edit_distance("scripts", "script", 5), 1U);
  EXPECT_EQ(edit_distance("skript", "script", 5), 1U);
  EXPECT_EQ(edit_distance("scirpt", "script", 5), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting", 5), 3U);
  EXPECT_EQ(edit_distance("", "abc", 5), 3U);
}

TEST(EditDistance, IgnoresCase) { EXPECT_EQ(edit_distance("Script", "sCRIPT", 3), 0U); }

TEST(EditDistance, StopsAtItsLimit) {
  EXPECT_EQ(edit_distance("abcdefgh", "zyxwvuts", 2), 3U);
  EXPECT_EQ(edit_distance("a", std::string(100000, 'b'), 2), 3U);
}

/// The textbook recursion, as a second opinion.
size_t naive(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return a.size() + b.size();
  size_t best = std::min(naive(a.substr(1), b), naive(a, b.substr(1))) + 1;
  best = std::min(best, naive(a.substr(1), b.substr(1)) + (a[0] == b[0] ? 0 : 1));
  if (a.size() > 1 && b.size() > 1 && a[0] == b[1] && a[1] == b[0]) {
    best = std::min(best, naive(a.substr(2), b.substr(2)) + 1);
  }
  return best;
}

TEST(EditDistance, AgreesWithTheTextbookOnRandomWords) {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    std::mt19937 random(seed);
    const auto word = [&] {
      std::string letters(random() % 6, 'a');
      for (char& letter : letters) letter = static_cast<char>('a' + random() % 3);
      return letters;
    };
    const std::string a = word();
    const std::string b = word();
    const size_t limit = random() % 5;
    EXPECT_EQ(edit_distance(a, b, limit), std::min(naive(a, b), limit + 1)) << "seed " << seed << ": " << a << " " << b;
  }
}

TEST(DidYouMean, OffersTheNearestOfTheKnownNames) {
  const std::vector<std::string_view> keywords = {"before_script", "script", "stage", "stages", "image", "variables"};
  EXPECT_EQ(did_you_mean("scirpt", keywords), "script");
  EXPECT_EQ(did_you_mean("befor_script", keywords), "before_script");
  EXPECT_EQ(did_you_mean("Stage", keywords), "stage");
  EXPECT_EQ(did_you_mean("variable", keywords), "variables");
}

TEST(DidYouMean, TheFirstOfEquallyNearOnesWins) { EXPECT_EQ(did_you_mean("lint3", {"lint1", "lint2"}), "lint1"); }

TEST(DidYouMean, OfEquallyNearOnesOneOfItsLengthWins) {
  EXPECT_EQ(did_you_mean("form", {"for", "from", "firm"}), "from");
}

TEST(DidYouMean, StaysSilentWhenNothingIsNear) {
  EXPECT_EQ(did_you_mean("deploy", {"script", "stage"}), std::nullopt);
  EXPECT_EQ(did_you_mean("a", {"b"}), std::nullopt);
  EXPECT_EQ(did_you_mean("", {"a"}), std::nullopt);
  EXPECT_EQ(did_you_mean("script", {}), std::nullopt);
  EXPECT_EQ(did_you_mean(std::string(100000, 'x'), {"x"}), std::nullopt);
}

}  // namespace
}  // namespace penstock
