#include "runner/variables.h"

#include <gtest/gtest.h>

#include <random>

namespace penstock {
namespace {

Variable of(const std::string& name, const std::string& value) { return {name, value, false, false, false}; }

Values compose(const std::vector<Variables>& layers) {
  Values files;
  auto values = compose_variables(layers, "/tmp/vars", files);
  EXPECT_TRUE(values.ok());
  return values.ok() ? *values : Values();
}

TEST(Expand, KnowsEveryFormOfAReference) {
  const Values values{{"A", "1"}, {"B_2", "two"}};
  EXPECT_EQ(expand("$A ${A} %A% $B_2-${B_2}x", values), "1 1 1 two-twox");
  EXPECT_EQ(expand("$A$A", values), "11");
  EXPECT_EQ(expand("$$A $${A} 5$", values), "$A ${A} 5$");
  EXPECT_EQ(expand("[$NONE][${NONE}][$1][$?]", values), "[][][][]");
  EXPECT_EQ(expand("date +%Y%m%d 100% %NONE% ${A", values), "date +%Y%m%d 100% %NONE% ${A");
  EXPECT_EQ(expand("$-a $(date) $/", values), "a $(date) $/");
}

TEST(Expand, LooksOnceOnly) { EXPECT_EQ(expand("$A", Values{{"A", "$B"}, {"B", "no"}}), "$B"); }

TEST(ComposeVariables, TheLaterOfTwoHolds) {
  const Values values = compose({{of("A", "low"), of("A", "middle")}, {of("A", "high")}});
  EXPECT_EQ(values.at("A"), "high");
}

TEST(ComposeVariables, ExpandsInWhateverOrder) {
  const Values values = compose({{of("C", "$B!"), of("B", "${A}b")}, {of("A", "a")}});
  EXPECT_EQ(values.at("C"), "ab!");
}

TEST(ComposeVariables, AReferenceToItselfMeansTheValueBelow) {
  const Values values = compose({{of("PATH", "/bin")}, {of("PATH", "$HOME/bin:$PATH"), of("HOME", "/h")}});
  EXPECT_EQ(values.at("PATH"), "/h/bin:/bin");
  EXPECT_EQ(compose({{of("X", "a$X")}}).at("X"), "a");
}

TEST(ComposeVariables, ACircleStaysAsWritten) {
  const Values values = compose({{of("A", "$B"), of("B", "<$A>")}});
  EXPECT_EQ(values.at("A"), "<$A>");
  EXPECT_EQ(values.at("B"), "<$A>");
}

TEST(ComposeVariables, RawValuesStayAndFilesBecomePaths) {
  Values files;
  const auto values = compose_variables(
      {{{"RAW", "$A", true, false, false}, of("A", "1"), {"KEY", "pem $A", false, true, false}, of("USE", "at $KEY")}},
      "/tmp/vars", files);
  ASSERT_TRUE(values.ok());
  EXPECT_EQ(values->at("RAW"), "$A");
  EXPECT_EQ(values->at("KEY"), "/tmp/vars/KEY");
  EXPECT_EQ(values->at("USE"), "at /tmp/vars/KEY");
  EXPECT_EQ(files, (Values{{"KEY", "pem 1"}}));
}

TEST(ComposeVariables, RefusesByNameWhatNoProcessCouldBeGiven) {
  Values files;
  const auto refused = [&](const Variable& variable) {
    const auto values = compose_variables({{variable}}, "/tmp/vars", files);
    return values.ok() ? std::string() : values.error().message;
  };
  EXPECT_NE(refused(of("A=B", "")).find("`A=B`"), std::string::npos);
  EXPECT_NE(refused(of("", "")), "");
  EXPECT_NE(refused(of("BIG", std::string(140000, 'x'))).find("`BIG` holds more than the 128 KiB"), std::string::npos);
  EXPECT_NE(refused(of("NUL", std::string("a\0b", 3))).find("NUL byte"), std::string::npos);
  EXPECT_NE(refused({"../x", "y", true, true, false}), "");
}

TEST(ComposeVariables, ValuesThatDoubleThemselvesCostLittleAndAreRefused) {
  Variables bomb{of("V0", std::string(1000, 'x'))};
  for (int i = 1; i < 60; ++i)
    bomb.push_back(of("V" + std::to_string(i), "$V" + std::to_string(i - 1) + "$V" + std::to_string(i - 1)));
  Values files;
  EXPECT_FALSE(compose_variables({bomb}, "/tmp/vars", files).ok());
}

TEST(ComposeVariables, AnyGraphOfReferencesComesToAnEnd) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    Variables variables;
    for (int i = 0; i < 30; ++i) {
      variables.push_back(of("N" + std::to_string(random() % 20),
                             "$N" + std::to_string(random() % 20) + "-${N" + std::to_string(random() % 20) + "}"));
    }
    Values files;
    const auto values = compose_variables({variables}, "/tmp/vars", files);
    EXPECT_TRUE(values.ok() || values.error().message.find("128 KiB") != std::string::npos) << "seed " << seed;
  }
}

}  // namespace
}  // namespace penstock
