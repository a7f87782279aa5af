#include "cli/failure_report.h"

#include <gtest/gtest.h>

#include "base/text_width.h"

namespace penstock {
namespace {

Failure failing_unit() {
  Failure failure;
  failure.job = "unit: [3.12]";
  failure.result.outcome = {EndReason::script_failure, 1, "`pytest -q` ended with 1"};
  failure.result.failed_command = "pytest -q\nmore";
  failure.result.started_at = Instant(Duration(0));
  failure.result.ended_at = Instant(Duration(13'000));
  failure.result.tests.emplace();
  failure.result.tests->failed = 7;
  for (int i = 0; i < 7; ++i) {
    failure.result.tests->failures.push_back(
        {"tests/test_cart.py::test_" + std::to_string(i), "tests/test_cart.py", 41 + i, "assert 1 == 2\nmore", ""});
  }
  for (int i = 1; i <= 20; ++i) failure.log_tail += "line " + std::to_string(i) + "\n";
  failure.log_lines = 214;
  return failure;
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(FailureReportTest, NamesTheCommandItsStatusTheTestsAndWhatToDo) {
  const std::string report = failure_report(failing_unit(), {}, 0);
  EXPECT_TRUE(holds(report, "`pytest -q` ended with 1 after 13s")) << report;
  EXPECT_TRUE(holds(report, "FAILED tests/test_cart.py::test_0\n    tests/test_cart.py:41: assert 1 == 2\n")) << report;
  EXPECT_TRUE(holds(report, "and 2 more: ci tests")) << report;
  EXPECT_TRUE(holds(report, "last lines of the log (of 214):")) << report;
  EXPECT_TRUE(holds(report, "line 20")) << report;
  EXPECT_FALSE(holds(report, "line 8\n")) << report;
  EXPECT_TRUE(holds(report, "ci shell \"unit: [3.12]\"")) << report;
}

TEST(FailureReportTest, SaysWhenTheMachineIsToBlame) {
  Failure failure = failing_unit();
  failure.result.outcome = {EndReason::disk_full, std::nullopt, "no space was left"};
  const std::string report = failure_report(failure, {}, 0);
  EXPECT_TRUE(holds(report, "this is the machine's doing, not your job's")) << report;
  EXPECT_TRUE(holds(report, "no space was left")) << report;
}

TEST(FailureReportTest, OffersNoShellWhereThereWasNoRoom) {
  Failure failure = failing_unit();
  EXPECT_TRUE(holds(failure_report(failure, {}, 0), "ci shell"));
  for (const EndReason reason : {EndReason::runner_unsupported, EndReason::unmet_prerequisites}) {
    failure.result.outcome = {reason, std::nullopt, "it names an image"};
    const std::string report = failure_report(failure, {}, 0);
    EXPECT_FALSE(holds(report, "ci shell")) << report;
    EXPECT_TRUE(holds(report, "\n  whole log: ci log")) << report;
  }
}

TEST(FailureReportTest, LinesOfTheJobFitTheTerminal) {
  Failure failure = failing_unit();
  failure.log_tail = std::string(500, 'x') + "\n\x1b[31mred\x1b[0m\rover\n";
  failure.result.failed_command = std::string(300, 'c');
  for (const size_t width : {30, 60, 100}) {
    const std::string report = failure_report(failure, {}, width);
    size_t start = 0;
    for (size_t end = report.find('\n'); end != std::string::npos; start = end + 1, end = report.find('\n', start)) {
      const std::string line = report.substr(start, end - start);
      if (holds(line, "step in") || holds(line, "whole log")) continue;
      EXPECT_LE(display_width(line), width) << line;
    }
    EXPECT_EQ(report.find('\x1b'), std::string::npos);
  }
}

TEST(FailureReportTest, NamesAreQuotedForTheShellWhereTheyMustBe) {
  EXPECT_EQ(shell_quoted("unit"), "unit");
  EXPECT_EQ(shell_quoted("unit: [3.12]"), "\"unit: [3.12]\"");
  EXPECT_EQ(shell_quoted("a $b"), "'a $b'");
}

TEST(FailureReportTest, ANameWithControlCharactersIsWrittenOutForTheShell) {
  EXPECT_EQ(shell_quoted("a\x1b[2J\n'\\"), "$'a\\x1b[2J\\n\\'\\\\'");
}

TEST(FailureReportTest, NothingOfAJobSteersTheTerminal) {
  Failure failure = failing_unit();
  failure.job = "j\x1b[2J";
  failure.result.failed_command = "false \x1b]0;x\x07";
  failure.result.tests->failures = {{"n\x1b[1m", "f\x1b[1m", 3, "m\x1b[1m", {}}};
  failure.log_tail = "l\x1b[1m\n";
  for (const size_t width : {size_t{0}, size_t{20}, size_t{80}}) {
    EXPECT_EQ(failure_report(failure, {}, width).find('\x1b'), std::string::npos) << width;
  }
}

}  // namespace
}  // namespace penstock
