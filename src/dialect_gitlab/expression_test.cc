#include "dialect_gitlab/expression.h"

#include <gtest/gtest.h>

namespace penstock::gitlab {
namespace {

const Variables kVariables = {{"BRANCH", "main"},
                              {"EMPTY", ""},
                              {"TAG", "v1.2.3"},
                              {"PATTERN", "/^ma/"},
                              {"TEXT", "the main thing"},
                              {"BROKEN", "/(/"},
                              {"TOKEN", "", false, false, true}};

Evaluation evaluated(std::string_view text) {
  auto parsed = Expression::parse(text);
  if (auto* error = std::get_if<ExpressionError>(&parsed)) {
    ADD_FAILURE() << text << ": " << error->message;
    return {};
  }
  Scope scope;
  scope.below(kVariables);
  return std::get<Expression>(parsed).evaluate(scope);
}

ExpressionError refused(std::string_view text) {
  auto parsed = Expression::parse(text);
  if (auto* error = std::get_if<ExpressionError>(&parsed)) return *error;
  ADD_FAILURE() << text << " was accepted";
  return {};
}

TEST(Expression, HoldsAsTheManualSays) {
  for (const char* text : {
           "$BRANCH",
           "$BRANCH == \"main\"",
           "$BRANCH != 'other'",
           "\"main\" == $BRANCH",
           "$UNSET == null",
           "$EMPTY != null",
           "$EMPTY == \"\"",
           "$UNSET != \"\"",
           "$TAG =~ /^v\\d+\\.\\d+/",
           "$TAG =~ /^V1/i",
           "$TAG !~ /^w/",
           "$UNSET !~ /x+/",
           "$BRANCH =~ $PATTERN",
           "$BRANCH =~ $TEXT",
           "$UNSET || $BRANCH",
           "$UNSET && $UNSET || $BRANCH",
           "$BRANCH || $UNSET && $UNSET",
           "($UNSET || $BRANCH) && $TAG",
           "$BRANCH == \"main\" && ($UNSET == \"x\" || $TAG =~ /1.2/)",
           "$EMPTY || $BRANCH",
           "$BRANCH =~ /a\\/b|main/",
           "  $BRANCH\n  == \"main\"  ",
           "$TOKEN",
           "$TOKEN != null",
           "$TOKEN != \"\"",
       }) {
    EXPECT_TRUE(evaluated(text).truth) << text;
  }
}

TEST(Expression, DoesNotHoldAsTheManualSays) {
  for (const char* text : {"$UNSET", "$EMPTY", "$BRANCH == \"Main\"", "$BRANCH == null", "$UNSET == \"\"",
                           "$TAG =~ /^w/", "$UNSET =~ /x+/", "$BRANCH =~ $UNSET", "$BRANCH && $UNSET",
                           "($UNSET || $BRANCH) && $UNSET", "$BRANCH !~ /main/", "$TOKEN == null"}) {
    EXPECT_FALSE(evaluated(text).truth) << text;
  }
}

TEST(Expression, RecordsTheValuesThatItSaw) {
  EXPECT_EQ(evaluated("$BRANCH == \"x\" || $UNSET && $TAG").detail, "BRANCH is \"main\", UNSET is not set");
  EXPECT_EQ(evaluated("$TOKEN && $EMPTY").detail, "TOKEN is set (masked), EMPTY is \"\"");
}

TEST(Expression, NeverComparesASecret) {
  EXPECT_NE(evaluated("$TOKEN == \"x\"").problem, "");
  EXPECT_NE(evaluated("$TOKEN =~ /x+/").problem, "");
  EXPECT_NE(evaluated("$BRANCH != $TOKEN").problem, "");
  EXPECT_EQ(evaluated("$TOKEN == null").problem, "");
}

TEST(Expression, ABrokenPatternInAVariableIsAProblem) { EXPECT_NE(evaluated("$BRANCH =~ $BROKEN").problem, ""); }

TEST(Expression, SaysWhereAMistakeIs) {
  EXPECT_EQ(refused("$BRANCH = \"main\"").offset, 8u);
  EXPECT_EQ(refused("$BRANCH = \"main\"").help, "write `==` or `=~`");
  EXPECT_EQ(refused("$BRANCH == main").offset, 11u);
  EXPECT_EQ(refused("${BRANCH} == \"x\"").help, "write `$BRANCH`");
  EXPECT_EQ(refused("($BRANCH").message, "a `)` is missing");
  EXPECT_EQ(refused("$BRANCH)").message, "this `)` closes nothing");
  for (const char* text :
       {"", "$", "&&", "$A $B", "$A ==", "\"open", "$A =~ /open", "$A =~ /x/", "$A =~ /(/", "! $A", "$A & $B", "()"}) {
    EXPECT_NE(refused(text).message, "") << text;
  }
}

TEST(Expression, DeepNestingEndsInAnError) {
  EXPECT_EQ(refused(std::string(5000, '(')).message, "parentheses are nested too deep");
  std::string many = "$A";
  for (int i = 0; i < 3000; ++i) many += "||$A";
  EXPECT_FALSE(evaluated(many).truth);
}

}  // namespace
}  // namespace penstock::gitlab
