#include <gtest/gtest.h>

#include <string>

#include "yaml/yaml.h"

namespace penstock::yaml {
namespace {

/// The name of the one error that the text ends in.
std::string error_of(std::string text, const Limits& limits = {}) {
  Arena arena;
  const auto file = std::make_shared<const SourceFile>(SourceFile{"ci.yml", std::move(text)});
  const Parsed parsed = parse(file, arena, {.limits = limits});
  if (parsed.diagnostics.size() != 1 || !has_errors(parsed.diagnostics)) return render(parsed.diagnostics, {});
  return parsed.diagnostics[0].name;
}

std::string repeated(std::string_view text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST(Limits, NestingOfEveryKindIsBounded) {
  for (const auto* opening : {"[", "{a: ", "- ", "? ", "[{a: "})
    EXPECT_EQ(error_of(repeated(opening, 10000)), "too-deep");
  std::string blocks;
  for (size_t i = 0; i < 1000; ++i) blocks += std::string(i, ' ') + "k:\n";
  EXPECT_EQ(error_of(blocks), "too-deep");
}

TEST(Limits, TheLastLevelThatIsAllowedIsRead) {
  EXPECT_EQ(error_of(repeated("[", 99) + "x" + repeated("]", 99)), "");
  EXPECT_EQ(error_of(repeated("[", 100) + "x" + repeated("]", 100)), "too-deep");
  EXPECT_EQ(error_of("[[x]]", {.depth = 2}), "too-deep");
  EXPECT_EQ(error_of("[[x]]", {.depth = 3}), "");
}

TEST(Limits, AliasesDontHideDepth) {
  std::string chain = "a0: &a0 [x]\n";
  for (int i = 1; i < 1000; ++i)
    chain += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  EXPECT_EQ(error_of(chain), "too-deep");
  std::string merges = "a0: &a0 {k: [x]}\n";
  for (int i = 1; i < 1000; ++i)
    merges += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " {<<: {k: *a" + std::to_string(i - 1) + "}}\n";
  EXPECT_EQ(error_of(merges), "too-deep");
}

TEST(Limits, AnAliasBombEndsBeforeItGrows) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1) + ", ";
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeated(alias, 9) + "]\n";
  }
  EXPECT_EQ(error_of(bomb), "too-many-values");
}

TEST(Limits, AMergeBombEndsBeforeItGrows) {
  std::string bomb = "a: &a\n";
  for (int i = 0; i < 1000; ++i) bomb += "  key" + std::to_string(i) + ": 1\n";
  EXPECT_EQ(error_of(bomb + repeated("---\n", 0) + "m: {<<: [" + repeated("*a, ", 10000) + "]}\n"), "too-many-values");
  std::string many;
  for (int i = 0; i < 10000; ++i) many += "m" + std::to_string(i) + ": {<<: *a}\n";
  EXPECT_EQ(error_of(bomb + many), "too-many-values");
}

TEST(Limits, SizesAreBounded) {
  EXPECT_EQ(error_of(std::string(100 << 20, 'x')), "too-large");
  EXPECT_EQ(error_of("a: '" + std::string(5 << 20, 'x') + "'"), "scalar-too-long");
  EXPECT_EQ(error_of("a: |\n  " + std::string(5 << 20, 'x') + "\n"), "scalar-too-long");
  EXPECT_EQ(error_of("[1, 2, 3]", {.nodes = 3}), "too-many-values");
  EXPECT_EQ(error_of("[1, 2, 3]", {.nodes = 4}), "");
}

TEST(Limits, ARecursiveAliasIsAnError) {
  EXPECT_EQ(error_of("a: &a [*a]"), "recursive-alias");
  EXPECT_EQ(error_of("a: &a\n  <<: *a\n"), "recursive-alias");
  EXPECT_EQ(error_of("a: &a 1\nb: &a {c: *a}"), "recursive-alias");
}

}  // namespace
}  // namespace penstock::yaml
