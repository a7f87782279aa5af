#include "cli/new_commits.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "git/testing/scratch_repository.h"

namespace penstock {
namespace {

using Times = std::vector<Instant>;

class NewCommitsTest : public testing::Test {
 protected:
  Instant at(const std::string& commit) {
    return Instant(std::chrono::seconds(std::stoll(scratch_.git({"show", "-s", "--format=%ct", commit}))));
  }
  NewCommits between(const std::deque<std::string>& live, const std::vector<std::string>& commits) {
    return NewCommits::between(*git::Repository::open(scratch_.path()), live, commits);
  }

  git::ScratchRepository scratch_;
  const std::string unknown_ = std::string(40, 'a');
};

TEST_F(NewCommitsTest, AreThoseThatNoEarlierReleaseReaches) {
  const std::string one = scratch_.commit();
  const std::string two = scratch_.commit();
  const std::string three = scratch_.commit();
  const std::string four = scratch_.commit();
  NewCommits fresh = between({}, {one, three, two, four});
  EXPECT_EQ(fresh.of("", one), std::nullopt) << "all of the past would be new";
  EXPECT_EQ(fresh.of(one, three), (Times{at(two), at(three)}));
  EXPECT_EQ(fresh.of(three, two), Times{}) << "it went live with the one after it";
  EXPECT_EQ(fresh.of(two, four), (Times{at(four)}));
}

TEST_F(NewCommitsTest, AreTheSameWhereTheyAreAskedForOneByOne) {
  const std::string one = scratch_.commit();
  const std::string two = scratch_.commit();
  const std::string three = scratch_.commit();
  EXPECT_EQ(between({one}, {three}).of(one, three), (Times{at(two), at(three)}));
  EXPECT_EQ(between({unknown_, three, one}, {two}).of(one, two), Times{});
}

TEST_F(NewCommitsTest, FollowBothSidesOfAMerge) {
  const std::string base = scratch_.commit();
  scratch_.git({"checkout", "--quiet", "-b", "feature"});
  const std::string feature = scratch_.commit();
  scratch_.git({"checkout", "--quiet", "main"});
  scratch_.write("other", "");
  const std::string other = scratch_.commit();
  scratch_.git({"merge", "--quiet", "--no-edit", "feature"});
  const std::string merge = scratch_.git({"rev-parse", "HEAD"});
  auto times = between({base}, {merge}).of(base, merge);
  ASSERT_TRUE(times && times->size() == 3U);
  EXPECT_EQ(times->back(), at(merge)) << "its own comes last";
  std::sort(times->begin(), times->end() - 1);
  EXPECT_EQ(*times, (Times{std::min(at(feature), at(other)), std::max(at(feature), at(other)), at(merge)}));
}

TEST_F(NewCommitsTest, AreNotKnownWhereGitDoesNotKnowTheCommits) {
  const std::string one = scratch_.commit();
  const std::string two = scratch_.commit();
  NewCommits fresh = between({unknown_}, {unknown_, one, two, "--all", "HEAD"});
  EXPECT_EQ(fresh.of("", unknown_), std::nullopt);
  EXPECT_EQ(fresh.of(unknown_, one), std::nullopt) << "what was live before is not known";
  EXPECT_EQ(fresh.of(one, two), Times{at(two)});
  EXPECT_EQ(fresh.of(two, "HEAD"), std::nullopt);
  EXPECT_EQ(between({}, {}).of("", one), std::nullopt);
}

}  // namespace
}  // namespace penstock
