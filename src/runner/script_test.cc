#include "runner/script.h"

#include <gtest/gtest.h>

#include "base/shell_quote.h"

namespace penstock {
namespace {

TEST(MakeScript, ShowsEachLineAndNotesItsIndexInOneGroup) {
  EXPECT_EQ(make_script({"cd src", "pytest -q"}, "/tmp/job/line"),
            "set -o errexit -o pipefail +o noclobber\n"
            "{ builtin printf 0 >|'/tmp/job/line' || :; builtin printf '%s\\n' '$ cd src' || :; } 2>/dev/null\n"
            "cd src\n"
            "{ builtin printf 1 >|'/tmp/job/line' || :; builtin printf '%s\\n' '$ pytest -q' || :; } 2>/dev/null\n"
            "pytest -q\n");
}

TEST(MakeScript, PutsWhatCouldSwallowTheRestThroughEval) {
  const auto evaluated = [](const std::string& line) {
    return make_script({line}, "m").find("\neval " + single_quoted(line) + "\n") != std::string::npos;
  };
  EXPECT_TRUE(evaluated("echo it's"));
  EXPECT_TRUE(evaluated("echo \"open"));
  EXPECT_TRUE(evaluated("echo `date"));
  EXPECT_TRUE(evaluated("cat <<EOF\nx"));
  EXPECT_TRUE(evaluated("echo a \\"));
  EXPECT_FALSE(evaluated("echo 'it is' \"so\" \\' \"a'b\""));
  EXPECT_FALSE(evaluated("if true; then"));
}

TEST(MakeScript, QuotesWhatItShows) {
  EXPECT_NE(make_script({"echo 'a'"}, "m").find("'$ echo '\\''a'\\'''"), std::string::npos);
  EXPECT_NE(make_script({"one\ntwo"}, "m").find("'$ one # collapsed multi-line command'"), std::string::npos);
  EXPECT_NE(make_script({"one\n"}, "m").find("'$ one'"), std::string::npos);
}

TEST(LineReached, BelievesOnlyAnIndexOfTheScript) {
  EXPECT_EQ(line_reached("2", 3), 2u);
  EXPECT_EQ(line_reached("3", 3), std::nullopt);
  EXPECT_EQ(line_reached("", 3), std::nullopt);
  EXPECT_EQ(line_reached("-1", 3), std::nullopt);
  EXPECT_EQ(line_reached("1x", 3), std::nullopt);
}

}  // namespace
}  // namespace penstock
