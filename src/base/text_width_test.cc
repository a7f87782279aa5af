#include "base/text_width.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(DisplayWidth, CountsCellsNotBytes) {
  EXPECT_EQ(display_width("plain"), 5U);
  EXPECT_EQ(display_width("Grüße"), 5U);
  EXPECT_EQ(display_width("日本"), 4U);
  EXPECT_EQ(display_width("🚀 go"), 5U);
  EXPECT_EQ(display_width("e\u0301"), 1U);
  EXPECT_EQ(display_width(""), 0U);
}

TEST(DisplayWidth, ABrokenByteTakesOneCell) { EXPECT_EQ(display_width("a\xff\xc3"), 3U); }

TEST(NextCharacter, RefusesOverlongSurrogateAndTooLargeSequences) {
  char32_t character = 0;
  EXPECT_EQ(next_character("\xc0\x80", character), 1U);
  EXPECT_EQ(character, 0xFFFFFFFFU);
  EXPECT_EQ(next_character("\xe0\x80\x80", character), 1U);
  EXPECT_EQ(next_character("\xed\xa0\x80", character), 1U);
  EXPECT_EQ(next_character("\xf4\x90\x80\x80", character), 1U);
  EXPECT_EQ(next_character("\xf0\x9f\x9a\x80", character), 4U);
  EXPECT_EQ(character, U'🚀');
}

TEST(Printable, LeavesOrdinaryTextAlone) { EXPECT_EQ(printable("naïve 🚀 `x`"), "naïve 🚀 `x`"); }

TEST(Printable, ShowsWhatWouldSteerATerminal) {
  EXPECT_EQ(printable("\t\x1b[31m\r\n"), "\\t\\x1b[31m\\r\\n");
  EXPECT_EQ(printable(std::string_view("\0\x7f", 2)), "\\x00\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J"),
            "\\x9b2J");
  EXPECT_EQ(printable("a\xff"), "a\\xff");
  EXPECT_EQ(printable("\u202e"), "\\u202e");
}

}  // namespace
}  // namespace penstock
