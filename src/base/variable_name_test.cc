#include "base/variable_name.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(VariableName, IsLettersDigitsAndUnderscoresWithoutADigitFirst) {
  for (const char* name : {"A", "_", "a1", "CI_JOB_NAME", "_9"}) EXPECT_TRUE(is_variable_name(name)) << name;
  for (const char* text : {"", "1A", "A-B", "A B", "ä", "A="}) EXPECT_FALSE(is_variable_name(text)) << text;
}

TEST(VariableName, EndsWhereNoCharacterOfItsFollows) {
  EXPECT_EQ(variable_name_length("HOME/x"), 4u);
  EXPECT_EQ(variable_name_length("A1}"), 2u);
  EXPECT_EQ(variable_name_length("1A"), 0u);
  EXPECT_EQ(variable_name_length(""), 0u);
}

}  // namespace
}  // namespace penstock
