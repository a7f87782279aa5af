#include "yaml/scalar.h"

#include <gtest/gtest.h>

#include <limits>

#include "yaml/yaml.h"

namespace penstock::yaml {
namespace {

const Node* plain(Arena& arena, std::string_view text) { return arena.scalar(text, Style::plain); }

TEST(Scalar, NullIsWrittenInThreeWays) {
  for (const auto* text : {"", "~", "null", "Null", "NULL"}) EXPECT_EQ(type_of(text), ScalarType::null) << text;
  for (const auto* text : {"nil", "none", "~~", "nulls"}) EXPECT_EQ(type_of(text), ScalarType::string) << text;
}

TEST(Scalar, BooleansAreThoseOfYaml11ButForTheSingleLetters) {
  Arena arena;
  for (const auto* text : {"true", "True", "yes", "YES", "on", "On"}) {
    EXPECT_EQ(plain(arena, text)->as_bool(), true) << text;
  }
  for (const auto* text : {"false", "FALSE", "no", "No", "off"})
    EXPECT_EQ(plain(arena, text)->as_bool(), false) << text;
  for (const auto* text : {"y", "n", "yess", "truee", "o"}) EXPECT_EQ(type_of(text), ScalarType::string) << text;
}

TEST(Scalar, OnlyAPlainOneIsMoreThanText) {
  Arena arena;
  for (const Style style : {Style::single_quoted, Style::double_quoted, Style::literal, Style::folded}) {
    EXPECT_TRUE(arena.scalar("true", style)->is_string());
    EXPECT_EQ(arena.scalar("12", style)->as_int(), std::nullopt);
    EXPECT_FALSE(arena.scalar("", style)->is_null());
  }
}

TEST(Scalar, IntegersHaveFourBasesAndSeparators) {
  const std::pair<const char*, int64_t> cases[] = {{"0", 0},
                                                   {"42", 42},
                                                   {"-42", -42},
                                                   {"+7", 7},
                                                   {"1_000", 1000},
                                                   {"1,000", 1000},
                                                   {"0755", 493},
                                                   {"-010", -8},
                                                   {"0x2A", 42},
                                                   {"0b101", 5},
                                                   {"1:30", 5400},
                                                   {"12:30:45", 45045},
                                                   {"-0x8000000000000000", std::numeric_limits<int64_t>::min()}};
  Arena arena;
  for (const auto& [text, value] : cases) EXPECT_EQ(plain(arena, text)->as_int(), value) << text;
}

TEST(Scalar, WhatOnlyLooksLikeAnIntegerIsText) {
  for (const auto* text :
       {"08", "0o17", "0x", "0b", "1-2", "1a", "--1", "+", "-", "1:60", "1:2:3:4", "1e3", ":sym", "_1"}) {
    EXPECT_EQ(type_of(text), ScalarType::string) << text;
  }
}

TEST(Scalar, AnIntegerBeyond64BitsKeepsItsText) {
  Arena arena;
  const Node* large = plain(arena, "123_456_789_012_345_678_901");
  EXPECT_EQ(large->scalar_type(), ScalarType::integer);
  EXPECT_EQ(large->as_int(), std::nullopt);
  EXPECT_EQ(large->to_text(), "123456789012345678901");
}

TEST(Scalar, FloatsNeedAPointAndASignedExponent) {
  Arena arena;
  EXPECT_EQ(plain(arena, "1.5")->as_float(), 1.5);
  EXPECT_EQ(plain(arena, ".5")->as_float(), 0.5);
  EXPECT_EQ(plain(arena, "-1.")->as_float(), -1.0);
  EXPECT_EQ(plain(arena, "1,000.25")->as_float(), 1000.25);
  EXPECT_EQ(plain(arena, "1.0e+3")->as_float(), 1000.0);
  EXPECT_EQ(plain(arena, "-.inf")->as_float(), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(plain(arena, "3")->as_float(), 3.0);
  for (const auto* text : {"1e3", "1.5e3", ".", "-.", "1.2.3", "v1.0", ".e+1"}) {
    EXPECT_EQ(type_of(text), ScalarType::string) << text;
  }
}

TEST(Scalar, DatesAreKnownSoThatTheyCanBeRefused) {
  EXPECT_EQ(type_of("2026-11-21"), ScalarType::date);
  EXPECT_EQ(type_of("2026-11-21 10:00:00"), ScalarType::time);
  EXPECT_EQ(type_of("2026-11-21T10:00:00.5+02:00"), ScalarType::time);
  for (const auto* text : {"2026-13-01", "2026-02-30", "2026-11", "2026-11-21x", "20261121-1"}) {
    EXPECT_EQ(type_of(text), ScalarType::string) << text;
  }
}

TEST(Scalar, ToTextIsWhatGitLabPassesOn) {
  const std::pair<const char*, const char*> cases[] = {{"text", "text"},       {"yes", "true"},
                                                       {"Off", "false"},       {"~", ""},
                                                       {"0x10", "16"},         {"010", "8"},
                                                       {"1.10", "1.1"},        {"2.0", "2.0"},
                                                       {"1_000", "1000"},      {"+5", "5"},
                                                       {".inf", "Infinity"},   {"0.0", "0.0"},
                                                       {"-.5", "-0.5"},        {"0.0001", "0.0001"},
                                                       {"0.00001", "1.0e-05"}, {"1.0e+15", "1000000000000000.0"},
                                                       {"1.0e+16", "1.0e+16"}, {"1.25e+20", "1.25e+20"},
                                                       {"123.456", "123.456"}, {"2026-11-21", "2026-11-21"}};
  Arena arena;
  for (const auto& [text, value] : cases) EXPECT_EQ(plain(arena, text)->to_text(), value) << text;
}

}  // namespace
}  // namespace penstock::yaml
