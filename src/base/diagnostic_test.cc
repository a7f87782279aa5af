#include "base/diagnostic.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

std::shared_ptr<const SourceFile> file(std::string name, std::string text) {
  return std::make_shared<const SourceFile>(SourceFile{std::move(name), std::move(text)});
}

Diagnostic error_at(SourceSpan span, std::string message) {
  Diagnostic diagnostic;
  diagnostic.span = std::move(span);
  diagnostic.message = std::move(message);
  return diagnostic;
}

std::string plain(const Diagnostic& diagnostic) { return render(diagnostic, {}); }

TEST(Render, DrawsTheSourceLineACaretAndTheLabel) {
  Diagnostic diagnostic = error_at({file(".gitlab-ci.yml", "test:\n  scirpt: pytest -q\n"), 2, 3, 2, 9},
                                   "`scirpt` is not a keyword of a job");
  diagnostic.instead = "script";
  EXPECT_EQ(plain(diagnostic),
            ".gitlab-ci.yml:2:3: error: `scirpt` is not a keyword of a job\n"
            "    2 |   scirpt: pytest -q\n"
            "      |   ^~~~~~ did you mean `script`?\n");
}

TEST(Render, AddsNotesHelpAndTheIncludeChain) {
  const auto deploy = file("ci/deploy.yml", "\n\n\n\n\n\n  needs: [wheel]\n");
  Diagnostic diagnostic = error_at({deploy, 7, 11, 7, 16}, "job `ship` needs `wheel`, which is left out");
  diagnostic.notes.push_back({{file("ci/build.yml", "wheel:\n\n  rules:\n"), 3, 3, 3, 8}, "its rules are here"});
  diagnostic.help = "`needs: [{job: wheel, optional: true}]`,\nor give `ship` the same rule";
  diagnostic.include_chain = {{file("ci/all.yml", ""), 4, 1, 4, 2}, {file(".gitlab-ci.yml", ""), 2, 5, 2, 9}};
  EXPECT_EQ(plain(diagnostic),
            "ci/deploy.yml:7:11: error: job `ship` needs `wheel`, which is left out\n"
            "    7 |   needs: [wheel]\n"
            "      |           ^~~~~\n"
            "ci/build.yml:3:3: note: its rules are here\n"
            "    3 |   rules:\n"
            "      |   ^~~~~\n"
            "   help: `needs: [{job: wheel, optional: true}]`,\n"
            "         or give `ship` the same rule\n"
            "  included from ci/all.yml:4:1\n"
            "  included from .gitlab-ci.yml:2:5\n");
}

TEST(Render, WithoutAPlaceThereIsNoExcerpt) {
  EXPECT_EQ(plain(error_at({}, "nothing to run")), "error: nothing to run\n");
  EXPECT_EQ(plain(error_at({file("a.yml", "x"), 0, 0, 0, 0}, "is empty")), "a.yml: error: is empty\n");
}

TEST(Render, ASpanOverSeveralLinesUnderlinesTheRestOfItsFirst) {
  EXPECT_EQ(plain(error_at({file("a.yml", "a: [1,\n 2]\n"), 1, 4, 2, 4}, "m")),
            "a.yml:1:4: error: m\n"
            "    1 | a: [1,\n"
            "      |    ^~~\n");
}

TEST(Render, APlacePastTheEndStillGetsItsCaret) {
  EXPECT_EQ(plain(error_at({file("a.yml", "ab\n"), 9, 7, 9, 8}, "m")),
            "a.yml:9:7: error: m\n"
            "    9 |\n"
            "      | ^\n");
  EXPECT_EQ(plain(error_at({file("a.yml", "ab\n"), 1, 3, 1, 3}, "m")),
            "a.yml:1:3: error: m\n"
            "    1 | ab\n"
            "      |   ^\n");
}

TEST(Render, TheCaretStandsBelowItsCharacterWhateverPrecedesIt) {
  EXPECT_EQ(plain(error_at({file("a.yml", "日本: \tb\n"), 1, 10, 1, 11}, "m")),
            "a.yml:1:10: error: m\n"
            "    1 | 日本: \\tb\n"
            "      |         ^\n");
}

TEST(Render, NothingOfTheSourceReachesTheTerminalAsACommand) {
  Diagnostic diagnostic = error_at({file("a\x1b.yml", "\x1b[2J: x\n"), 1, 1, 1, 5}, "unknown `\x1b[2J`");
  diagnostic.label = "\x1b";
  diagnostic.help = "\x1b";
  EXPECT_EQ(plain(diagnostic).find('\x1b'), std::string::npos);
}

TEST(Render, ALongLineIsCutAroundTheSpan) {
  const std::string line = std::string(500, 'a') + "HERE" + std::string(500, 'b');
  EXPECT_EQ(plain(error_at({file("a.yml", line), 1, 501, 1, 505}, "m")),
            "a.yml:1:501: error: m\n"
            "    1 | ..." +
                std::string(30, 'a') + "HERE" + std::string(80, 'b') + "...\n" + "      | " + std::string(33, ' ') +
                "^~~~\n");
}

TEST(Render, ALongSpanIsCutToo) {
  const std::string text = plain(error_at({file("a.yml", std::string(100000, 'x')), 1, 1, 1, 100001}, "m"));
  EXPECT_LT(text.size(), 300U);
}

TEST(Render, ColorMarksSeverityAndCaretOnly) {
  EXPECT_EQ(render(error_at({file("a.yml", "ab\n"), 1, 1, 1, 3}, "m"), {.color = true}),
            "\x1b[1ma.yml:1:1:\x1b[0m \x1b[1;31merror:\x1b[0m m\n"
            "    \x1b[2m1 |\x1b[0m ab\n"
            "     \x1b[2m |\x1b[0m \x1b[1;31m^~\x1b[0m\n");
}

TEST(RenderAll, ClosesWithCounts) {
  const auto a = file("a.yml", "x\n");
  const auto b = file("b.yml", "x\n");
  Diagnostics two = {error_at({a, 1, 1, 1, 2}, "one"), error_at({b, 1, 1, 1, 2}, "two")};
  EXPECT_TRUE(render(two, {}).ends_with("\n2 errors in 2 files\n"));
  two[0].severity = Severity::warning;
  EXPECT_TRUE(render(two, {}).ends_with("\n1 error and 1 warning in 2 files\n"));
  two.pop_back();
  EXPECT_TRUE(render(two, {}).ends_with("\n1 warning in 1 file\n"));
}

TEST(RenderAll, IsEmptyForNothing) { EXPECT_EQ(render(Diagnostics{}, {}), ""); }

TEST(RenderAll, FindsLinesInWhateverOrderTheyCome) {
  const auto a = file("a.yml", "one\ntwo\nthree\n");
  const std::string text =
      render({error_at({a, 3, 1, 3, 2}, "m"), error_at({a, 1, 1, 1, 2}, "m"), error_at({a, 2, 1, 2, 2}, "m")}, {});
  EXPECT_LT(text.find("3 | three"), text.find("1 | one"));
  EXPECT_LT(text.find("1 | one"), text.find("2 | two"));
}

TEST(HasErrors, WarningsAreNone) {
  Diagnostics diagnostics = {error_at({}, "m")};
  EXPECT_TRUE(has_errors(diagnostics));
  diagnostics[0].severity = Severity::warning;
  EXPECT_FALSE(has_errors(diagnostics));
  EXPECT_FALSE(has_errors({}));
}

}  // namespace
}  // namespace penstock
