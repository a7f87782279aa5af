#include "cli/line_text.h"

#include <gtest/gtest.h>

#include "base/text_width.h"

namespace penstock {
namespace {

TEST(LineText, ANameThatIsTooLongIsCutInTheMiddle) {
  EXPECT_EQ(cut_middle("unit [py3.12, flask 3.1]", 24, true), "unit [py3.12, flask 3.1]");
  EXPECT_EQ(cut_middle("unit [py3.12, flask 3.1]", 11, true), "unit … 3.1]");
  EXPECT_EQ(cut_middle("unit [py3.12, flask 3.1]", 11, false), "unit...3.1]");
}

TEST(LineText, WideCharactersAreNeverCutInHalf) {
  for (size_t width = 0; width < 14; ++width) {
    EXPECT_LE(display_width(cut_middle("日本語のテスト", width, true)), width) << width;
    EXPECT_LE(display_width(cut_end("日本語のテスト", width, true)), width) << width;
  }
}

TEST(LineText, PaddingCountsCellsNotBytes) {
  EXPECT_EQ(pad_right("é", 3), "é  ");
  EXPECT_EQ(pad_left("日", 4), "  日");
  EXPECT_EQ(pad_right("long", 2), "long");
}

TEST(LineText, EscapeSequencesAndControlCharactersAreDropped) {
  EXPECT_EQ(plain_line("\x1b[31mred\x1b[0m\x07 \x1b]0;title\x07"
                       "end\n"),
            "red end");
  EXPECT_EQ(plain_line("\x1b"), "");
  EXPECT_EQ(plain_line("\x1b[31"), "");
}

TEST(LineText, OfAProgressBarOnlyItsLastStateIsShown) { EXPECT_EQ(plain_line(" 10%\r 50%\r 71%\r\n"), " 71%"); }

TEST(PlainLineTest, DropsTheControlsThatAreWrittenInTwoBytes) {
  EXPECT_EQ(plain_line("a\xc2\x9b"
                       "31mb\xc2\xa0é"),
            "a31mb\xc2\xa0é");
}

TEST(PlainLineTest, WhatIsDroppedLeavesNoNewControlBehind) {
  EXPECT_EQ(plain_line("a\xc2\x1b[m\x9b"
                       "31mb"),
            "a\uFFFD\uFFFD"
            "31mb");
  EXPECT_EQ(plain_line("\xc2\xc2\x90\x90"), "\uFFFD\uFFFD");
}

TEST(PlainLineTest, DropsWhatTurnsTheDirectionOfWriting) { EXPECT_EQ(plain_line("a\u202Eb\u2066c"), "abc"); }

TEST(LineTextTest, ListsAreWrappedBetweenTheirItems) {
  EXPECT_EQ(listed_lines({"one", "two", "three"}, 11), "  one, two,\n  three\n");
  EXPECT_EQ(listed_lines({"one", "a-very-long-name"}, 8), "  one,\n  a-very-long-name\n");
  EXPECT_EQ(listed_lines({"one", "two"}, 0), "  one\n  two\n");
  EXPECT_EQ(listed_lines({}, 80), "");
}

}  // namespace
}  // namespace penstock
