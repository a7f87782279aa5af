#include "dialect_gitlab/scope.h"

#include <gtest/gtest.h>

namespace penstock::gitlab {
namespace {

std::string expanded(std::string_view text, const Variables& variables, Unknown unknown = Unknown::empty) {
  Scope scope;
  scope.below(variables);
  return expand(text, scope, unknown);
}

TEST(Expand, KnowsAllThreeForms) {
  Variables variables = {{"A", "1"}, {"B_2", "2"}};
  EXPECT_EQ(expanded("$A-${B_2}-%A%", variables), "1-2-1");
  EXPECT_EQ(expanded("50% of $$A %% ${A", variables), "50% of $$A %% ${A");
}

TEST(Expand, ExpandsNestedVariables) {
  EXPECT_EQ(expanded("$A", {{"A", "a$B"}, {"B", "b$C"}, {"C", "c"}}), "abc");
  EXPECT_EQ(expanded("$A", {{"A", "$B", true}, {"B", "b"}}), "$B");
}

TEST(Expand, LeavesWhatOnlyTheJobKnows) {
  EXPECT_EQ(expanded("$CI_JOB_ID/$TOKEN/$NOPE", {{"TOKEN", "", false, false, true}}), "$CI_JOB_ID/$TOKEN/");
  EXPECT_EQ(expanded("$NOPE", {}, Unknown::keep), "$NOPE");
}

TEST(Expand, ACycleStaysAsWritten) { EXPECT_EQ(expanded("$A", {{"A", "x$B"}, {"B", "y$A"}}), "xy$A"); }

TEST(Expand, DoublingVariablesEndQuickly) {
  Variables variables = {{"V0", ""}, {"W0", "w"}};
  for (int i = 1; i < 30; ++i) {
    std::string before = std::to_string(i - 1);
    variables.push_back({"V" + std::to_string(i), "$V" + before + "$V" + before});
    variables.push_back({"W" + std::to_string(i), "$W" + before + "$W" + before});
  }
  EXPECT_LE(expanded("$V29", variables).size(), 1U << 20);
  EXPECT_LE(expanded("$W29", variables).size(), 1U << 20);
}

TEST(Scope, TheHighestLevelHoldsAndInALevelTheLast) {
  Variables high = {{"A", "1"}, {"A", "2"}};
  Variables low = {{"A", "3"}, {"B", "4"}};
  VariableLayer layer(low);
  Scope scope;
  scope.below(high).below(layer);
  EXPECT_EQ(scope.find("A")->value, "2");
  EXPECT_EQ(scope.find("B")->value, "4");
  EXPECT_EQ(scope.find("C"), nullptr);
}

}  // namespace
}  // namespace penstock::gitlab
