#include "includes/refs.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

std::string id(char digit) { return std::string(40, digit); }

RefList refs() {
  std::string text;
  const auto add = [&](char digit, const std::string& name) { text += id(digit) + "\t" + name + "\n"; };
  add('0', "HEAD");
  add('1', "refs/heads/main");
  add('2', "refs/heads/both");
  add('3', "refs/tags/both");
  add('4', "refs/tags/1.0.0");
  add('f', "refs/tags/1.0.0^{}");
  add('5', "refs/tags/v1.10.0");
  add('6', "refs/tags/1.9.5");
  add('7', "refs/tags/2.0.0-rc.1");
  add('8', "refs/tags/1.10.1-beta");
  add('9', "refs/remotes/origin/main");
  add('a', "refs/heads/3");
  return RefList::parse(text + "nonsense\nabc refs/heads/short\n");
}

std::string pick(const std::string& ref, bool versions = true) {
  const auto picked = refs().pick(ref, versions);
  return picked ? picked->commit.substr(0, 1) + " " + picked->version : "nothing";
}

TEST(RefList, ATagIsMeantBeforeABranchAndStandsForItsCommit) {
  EXPECT_EQ(pick(""), "0 ");
  EXPECT_EQ(pick("main"), "1 ");
  EXPECT_EQ(pick("both"), "3 ");
  EXPECT_EQ(pick("1.0.0"), "f 1.0.0");
  EXPECT_EQ(pick(id('c')), "c ");
  EXPECT_EQ(pick("nowhere"), "nothing");
  EXPECT_EQ(pick("short"), "nothing");
}

TEST(RefList, PartsOfAVersionMeanTheNewestReleasedOne) {
  EXPECT_EQ(pick("~latest"), "5 1.10.0");
  EXPECT_EQ(pick("1"), "5 1.10.0");
  EXPECT_EQ(pick("1.9"), "6 1.9.5");
  EXPECT_EQ(pick("2"), "nothing");
  EXPECT_EQ(pick("2.0.0-rc.1"), "7 2.0.0-rc.1");
  EXPECT_EQ(pick("3"), "a ");
  EXPECT_EQ(pick("1", false), "nothing");
  EXPECT_EQ(RefList().pick("~latest", true), std::nullopt);
}

TEST(RefList, TheCallerSaysWhichBranchesComeFirst) {
  EXPECT_EQ(refs().pick("main", false, "refs/remotes/origin/")->commit, id('9'));
  EXPECT_EQ(refs().pick("both", false, "refs/remotes/origin/")->commit, id('3'));
}

TEST(Version, HasThreeNumbers) {
  EXPECT_TRUE(parse_version("1.2.3"));
  EXPECT_EQ(parse_version("v1.2.3")->text, "1.2.3");
  EXPECT_TRUE(parse_version("1.2.3-rc")->prerelease);
  EXPECT_FALSE(parse_version("1.2.3+build")->prerelease);
  for (const char* other : {"", "v", "1", "1.2", "1.2.3.4", "1.2.x", "1..2", "1.2.", "99999999999.1.1"}) {
    EXPECT_FALSE(parse_version(other)) << other;
  }
}

}  // namespace
}  // namespace penstock
