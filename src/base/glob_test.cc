#include "base/glob.h"

#include <gtest/gtest.h>

#include <random>

namespace penstock {
namespace {

bool ruby(std::string_view pattern, std::string_view path) { return Glob(pattern, GlobStyle::ruby).matches(path); }
bool doublestar(std::string_view pattern, std::string_view path) {
  return Glob(pattern, GlobStyle::doublestar).matches(path);
}
bool both(std::string_view pattern, std::string_view path) {
  EXPECT_EQ(ruby(pattern, path), doublestar(pattern, path)) << pattern << " on " << path;
  return ruby(pattern, path);
}

TEST(Glob, AStarStaysInsideAComponent) {
  EXPECT_TRUE(both("*.py", "app.py"));
  EXPECT_FALSE(both("*.py", "src/app.py"));
  EXPECT_TRUE(both("src/*/test_*.py", "src/a/test_b.py"));
  EXPECT_FALSE(both("src/*", "src/a/b"));
  EXPECT_TRUE(both("*", ""));
  EXPECT_TRUE(both("a*b*c", "a-b-b-c"));
  EXPECT_FALSE(both("a*b*c", "a-b-b-d"));
}

TEST(Glob, TwoStarsAndASlashSpanAnyNumberOfComponents) {
  EXPECT_TRUE(both("**/*.py", "app.py"));
  EXPECT_TRUE(both("**/*.py", "src/a/b/app.py"));
  EXPECT_TRUE(both("src/**/app.py", "src/app.py"));
  EXPECT_TRUE(both("src/**/app.py", "src/a/b/app.py"));
  EXPECT_FALSE(both("src/**/app.py", "lib/src/app.py"));
  EXPECT_TRUE(both("**/a/**/b", "x/a/y/a/z/b"));
  EXPECT_TRUE(both("**/**/b", "b"));
  EXPECT_FALSE(both("**/a/b", "a/c/b"));
}

TEST(Glob, TwoStarsInsideANameAreOne) {
  EXPECT_TRUE(both("src**", "src-old"));
  EXPECT_FALSE(both("src**", "src/a"));
  EXPECT_FALSE(both("src/**.py", "src/a/b.py"));
}

TEST(Glob, TwoStarsAtTheEndDifferInTheTwoStyles) {
  EXPECT_TRUE(ruby("src/**", "src/a"));
  EXPECT_FALSE(ruby("src/**", "src/a/b"));
  EXPECT_FALSE(ruby("src/**", "src"));
  EXPECT_FALSE(ruby("**", "a/b"));
  EXPECT_TRUE(doublestar("src/**", "src/a"));
  EXPECT_TRUE(doublestar("src/**", "src/a/b"));
  EXPECT_TRUE(doublestar("src/**", "src"));
  EXPECT_TRUE(doublestar("**", "a/b"));
}

TEST(Glob, ALeadingDotIsNoExceptionForEither) {
  EXPECT_TRUE(both("*", ".env"));
  EXPECT_TRUE(both("**/*.yml", ".github/ci.yml"));
  EXPECT_TRUE(both("?env", ".env"));
}

TEST(Glob, AQuestionMarkIsOneCharacterNotOneByte) {
  EXPECT_TRUE(both("?.txt", "ü.txt"));
  EXPECT_FALSE(both("??.txt", "ü.txt"));
  EXPECT_FALSE(both("a?b", "a/b"));
}

TEST(Glob, SetsHaveRangesNegationAndEscapes) {
  EXPECT_TRUE(both("v[0-9].[!a-z]", "v1.2"));
  EXPECT_FALSE(both("v[0-9].[!a-z]", "v1.x"));
  EXPECT_TRUE(both("[^a]b", "cb"));
  EXPECT_TRUE(both("[a-]b", "-b"));
  EXPECT_TRUE(both("[\\]]b", "]b"));
  EXPECT_TRUE(both("[ä-ü]b", "öb"));
  EXPECT_FALSE(both("[a-z]", "/"));
}

TEST(Glob, ABackslashTakesTheMeaningAway) {
  EXPECT_TRUE(both("\\*.py", "*.py"));
  EXPECT_FALSE(both("\\*.py", "a.py"));
  EXPECT_TRUE(both("\\{a,b\\}", "{a,b}"));
  EXPECT_TRUE(both("a\\[1\\]", "a[1]"));
  EXPECT_TRUE(both("*\\[1\\]", "a[1]"));
}

TEST(Glob, BracesGiveAlternatives) {
  EXPECT_TRUE(both("src/*.{c,h}", "src/a.h"));
  EXPECT_FALSE(both("src/*.{c,h}", "src/a.o"));
  EXPECT_TRUE(both("{a,b{c,d/e}}/x", "bd/e/x"));
  EXPECT_TRUE(both("a{,.gz}", "a"));
  EXPECT_TRUE(both("a{,.gz}", "a.gz"));
  EXPECT_TRUE(both("{docs/**/*,README.md}", "docs/a/b"));
  EXPECT_TRUE(both("a}", "a}"));
}

TEST(Glob, WhatIsNeverClosedMatchesNothing) {
  EXPECT_FALSE(both("[a", "a"));
  EXPECT_FALSE(both("[a", "[a"));
  EXPECT_FALSE(both("{a,b", "a"));
  EXPECT_FALSE(both("{a,b", "{a,b"));
}

TEST(Glob, DoublestarCleansItsPattern) {
  EXPECT_TRUE(doublestar("./build/", "build"));
  EXPECT_TRUE(doublestar("a//b", "a/b"));
  EXPECT_FALSE(ruby("./build", "build"));
  EXPECT_FALSE(ruby("build/", "build"));
}

TEST(Glob, KnowsWhereAWalkMayStart) {
  const auto prefix = [](std::string_view pattern) { return Glob(pattern, GlobStyle::doublestar).literal_prefix(); };
  EXPECT_EQ(prefix("src/app/**/*.py"), "src/app");
  EXPECT_EQ(prefix("dist/app.whl"), "dist/app.whl");
  EXPECT_EQ(prefix("*.py"), "");
  EXPECT_EQ(prefix("a/{b,c}/d"), "a");
  EXPECT_EQ(prefix("a/\\*/b*"), "a/*");
}

TEST(Glob, KnowsWhichFoldersCanHoldAMatch) {
  const Glob glob("src/**/test/*.py", GlobStyle::ruby);
  EXPECT_TRUE(glob.may_match_below(""));
  EXPECT_TRUE(glob.may_match_below("src"));
  EXPECT_TRUE(glob.may_match_below("src/a/b"));
  EXPECT_FALSE(glob.may_match_below("lib"));
  EXPECT_FALSE(Glob("a/b", GlobStyle::ruby).may_match_below("a/b"));
  EXPECT_TRUE(Glob("a/**", GlobStyle::doublestar).may_match_below("a/b/c"));
  EXPECT_FALSE(Glob("a/**", GlobStyle::ruby).may_match_below("a/b"));
}

TEST(Glob, NoPatternMakesItExplode) {
  std::string stars;
  std::string folders;
  for (int i = 0; i < 2000; ++i) stars += "*a";
  for (int i = 0; i < 2000; ++i) folders += "**/a/";
  EXPECT_FALSE(both(stars + "b", std::string(10000, 'a')));
  std::string path = "a";
  for (int i = 0; i < 5000; ++i) path += "/a";
  EXPECT_FALSE(both(folders + "b", path));
}

TEST(Glob, TooManyAlternativesAreTakenLiterally) {
  std::string bomb;
  for (int i = 0; i < 30; ++i) bomb += "{a,b}";
  EXPECT_FALSE(both(bomb, std::string(30, 'a')));
  EXPECT_TRUE(both(bomb, bomb));
  EXPECT_TRUE(both(std::string(500, '{') + "a" + std::string(500, '}'), "a"));
}

/// A second opinion, straight from the rules and exponential.
bool naive(std::string_view pattern, std::string_view path, bool component_start, bool trailing_spans) {
  if (component_start && pattern.starts_with("**/")) {
    if (naive(pattern.substr(3), path, true, trailing_spans)) return true;
    const size_t slash = path.find('/');
    return slash != std::string_view::npos && naive(pattern, path.substr(slash + 1), true, trailing_spans);
  }
  if (trailing_spans && component_start && pattern == "**") return true;
  if (trailing_spans && path.empty() && pattern.starts_with("/**")) return naive(pattern.substr(3), path, false, true);
  if (pattern.empty()) return path.empty();
  if (pattern[0] == '*') {
    if (naive(pattern.substr(1), path, false, trailing_spans)) return true;
    return !path.empty() && path[0] != '/' && naive(pattern, path.substr(1), false, trailing_spans);
  }
  if (path.empty()) return false;
  if (pattern[0] == '?' ? path[0] == '/' : pattern[0] != path[0]) return false;
  return naive(pattern.substr(1), path.substr(1), pattern[0] == '/', trailing_spans);
}

TEST(Glob, AgreesWithTheRulesOnRandomPatterns) {
  for (unsigned seed = 0; seed < 20000; ++seed) {
    std::mt19937 random(seed);
    const auto text = [&](std::string_view alphabet, size_t parts) {
      std::string joined;
      for (size_t part = 0; part < parts; ++part) {
        if (part != 0) joined += '/';
        const size_t length = 1 + random() % 3;
        for (size_t i = 0; i < length; ++i) joined += alphabet[random() % alphabet.size()];
      }
      return joined;
    };
    const std::string pattern = text("ab*?**", 1 + random() % 4);
    const std::string path = text("ab", 1 + random() % 5);
    ASSERT_EQ(ruby(pattern, path), naive(pattern, path, true, false)) << seed << ": " << pattern << " on " << path;
    // Three stars aren't two to the rules above once the first is taken: left to the first style.
    if (pattern.find("***") == std::string::npos) {
      ASSERT_EQ(doublestar(pattern, path), naive(pattern, path, true, true))
          << seed << ": " << pattern << " on " << path;
    }
  }
}

}  // namespace
}  // namespace penstock
