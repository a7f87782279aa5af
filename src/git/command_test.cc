#include "git/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "git/commit.h"
#include "git/config.h"

namespace penstock::git {
namespace {

using testing::Contains;
using testing::Not;

TEST(Command, NeverRunsHooksOrMonitors) {
  auto whole = command(Location{"/p", "/p/.git", "/p/.git", false}, {"status"});
  EXPECT_EQ(whole.front(), "git");
  EXPECT_EQ(whole.back(), "status");
  EXPECT_THAT(whole, Contains("core.fsmonitor=false"));
  EXPECT_THAT(whole, Contains("core.hooksPath=/dev/null"));
  // Git's own search checks who owns the folder; telling it would switch that off.
  EXPECT_THAT(whole, Not(Contains("--git-dir=/p/.git")));
  EXPECT_THAT(command(Location{"", "/b", "/b", true}, {"log"}), Contains("--git-dir=/b"));
}

TEST(Command, TheEnvironmentLosesWhatPointsElsewhereAndKeepsTheNetwork) {
  auto clean = clean_environment({{"GIT_DIR", "x"},
                                  {"GIT_INDEX_FILE", "x"},
                                  {"GIT_SSH_COMMAND", "ssh -i key"},
                                  {"GIT_CONFIG_COUNT", "1"},
                                  {"GIT_CONFIG_KEY_0", "a.b"},
                                  {"LC_ALL", "de_DE"},
                                  {"HOME", "/h"}});
  EXPECT_EQ(clean.count("GIT_DIR") + clean.count("GIT_INDEX_FILE"), 0U);
  EXPECT_EQ(clean.at("GIT_SSH_COMMAND"), "ssh -i key");
  EXPECT_EQ(clean.at("GIT_CONFIG_KEY_0"), "a.b");
  EXPECT_EQ(clean.at("LC_ALL"), "C");
  EXPECT_EQ(clean.at("GIT_TERMINAL_PROMPT"), "0");
  EXPECT_EQ(clean.at("HOME"), "/h");
}

TEST(ParseCommit, ReadsWhatItCanOfADamagedOne) {
  Commit commit =
      parse_commit("id", "tree t\nauthor no brackets\ncommitter A <a> 99999999999999999999 +9\ngpgsig x\n y\n\nmessage")
          .value();
  EXPECT_EQ(commit.tree, "t");
  EXPECT_EQ(commit.author.name, "no brackets");
  EXPECT_EQ(commit.committer.email, "a");
  EXPECT_EQ(commit.committer.time, Instant());
  EXPECT_EQ(commit.title(), "message");
  EXPECT_EQ(commit.description(), "");
  EXPECT_FALSE(parse_commit("id", "").ok());
  EXPECT_FALSE(parse_commit("id", "\n\nmessage").ok());
  EXPECT_TRUE(parse_commit("id", "tree t").ok());
}

TEST(ParseCommit, KeepsTheZone) {
  Commit commit = parse_commit("id", "tree t\nauthor A <a@b> 0 -0330\n\n").value();
  EXPECT_EQ(to_iso8601(commit.author), "1969-12-31T20:30:00-03:30");
}

TEST(ParseConfig, ReadsOriginsKeysAndValues) {
  using std::string_view_literals::operator""sv;
  auto entries = parse_config("local\0file:a\0x.y\nv\nw\0global\0file:b\0flag.on\0local\0file:c\0cut"sv);
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].value, "v\nw");
  EXPECT_EQ(entries[0].scope, "local");
  EXPECT_EQ(entries[1].key, "flag.on");
  EXPECT_EQ(entries[1].value, "true");
  EXPECT_EQ(entries[2].origin, "file:c");
  EXPECT_TRUE(parse_config("local\0file:a"sv).empty());
}

}  // namespace
}  // namespace penstock::git
