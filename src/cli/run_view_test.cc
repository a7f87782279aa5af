#include "cli/run_view.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text_width.h"

namespace penstock {
namespace {

using std::chrono::milliseconds;

RunView release() {
  RunView view;
  view.title = "release · app @ 3f9c2e1 \"Add checkout\" (main)";
  view.clock = "14:03:07";
  view.stages.push_back({"build", Mark::passed, "packaged app-2.7.0", milliseconds(6100), {}});
  StageLine test{"test", Mark::running, "1 of 3 jobs", milliseconds(11400), {}};
  test.jobs.push_back({"lint", Mark::passed, "", milliseconds(1200), std::nullopt});
  test.jobs.push_back({"unit [py3.11, flask 3.1]", Mark::running, "tests/test_cart.py ......  71%", milliseconds(9800),
                       milliseconds(20000)});
  test.jobs.push_back({"audit", Mark::waiting, "waits for a free slot (2 of 2 busy)", std::nullopt, std::nullopt});
  view.stages.push_back(test);
  view.stages.push_back({"production", Mark::person, "will wait for approval", std::nullopt, {}});
  return view;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TEST(RunViewTest, ShowsStagesAndTheJobsOfTheOneThatRuns) {
  EXPECT_EQ(joined(draw(release(), {}, 100, 40)),
            "release · app @ 3f9c2e1 \"Add checkout\" (main)                                               14:03:07\n"
            "✓ build                       packaged app-2.7.0                                                6.1s\n"
            "● test                        1 of 3 jobs                                                        11s\n"
            "  ✓ lint                                                                                        1.2s\n"
            "  ● unit [py3.11, flask 3.1]  tests/test_cart.py ......  71%                         ~20s left  9.8s\n"
            "  ○ audit                     waits for a free slot (2 of 2 busy)\n"
            "⏸ production                  will wait for approval\n");
}

TEST(RunViewTest, NoLineIsEverWiderThanTheTerminal) {
  for (const bool unicode : {true, false}) {
    for (size_t width = 1; width < 130; ++width) {
      for (const std::string& line : draw(release(), {false, unicode}, width, 40))
        EXPECT_LE(display_width(line), width) << line;
    }
  }
}

TEST(RunViewTest, UnderFortyColumnsOnlyMarksAndNamesAreLeft) {
  const auto lines = draw(release(), {}, 30, 40);
  EXPECT_EQ(lines[1], "✓ build");
  EXPECT_EQ(lines[4], "  ● unit [py3.11, flask 3.1]");
}

TEST(RunViewTest, AFrameThatIsTooHighCountsWhatIsNotInteresting) {
  const auto lines = draw(release(), {}, 100, 6);
  EXPECT_LE(lines.size(), 6U);
  EXPECT_NE(joined(lines).find("1 more ended, 1 wait"), std::string::npos);
  EXPECT_NE(joined(lines).find("unit [py3.11"), std::string::npos);
}

TEST(RunViewTest, NeverHigherThanTheTerminal) {
  for (size_t height = 1; height < 12; ++height) EXPECT_LE(draw(release(), {}, 100, height).size(), height);
}

TEST(RunViewTest, TheEndIsOneAlignedLineAStage) {
  EXPECT_EQ(final_lines(release(), 0),
            "build        packaged app-2.7.0\n"
            "test         1 of 3 jobs\n"
            "production   will wait for approval\n");
}

TEST(RunViewTest, FinalLinesThatWouldWrapPutTheFactsBelow) {
  EXPECT_EQ(final_lines(release(), 20).substr(0, 27), "build\n  packaged app-2.7.0\n");
  EXPECT_EQ(final_lines(release(), 80), final_lines(release(), 0));
}

TEST(RunViewTest, ALocaleWithoutUtf8GetsAsciiAlone) {
  for (const std::string& line : draw(release(), Style{false, false}, 80, 24)) {
    EXPECT_TRUE(std::all_of(line.begin(), line.end(), [](unsigned char c) { return c < 0x80; })) << line;
  }
}

}  // namespace
}  // namespace penstock
