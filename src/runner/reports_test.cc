#include <gtest/gtest.h>

#include "runner/coverage.h"
#include "runner/dotenv.h"
#include "runner/go_duration.h"
#include "runner/junit.h"

namespace penstock {
namespace {

PieceSource text(const std::string& content, size_t piece = 7) {
  return [content, piece](const std::function<Result<>(std::string_view)>& take) -> Result<> {
    for (size_t at = 0; at < content.size(); at += piece)
      PENSTOCK_CHECK(take(std::string_view(content).substr(at, piece)));
    return success();
  };
}

TestSummary junit(const std::string& content, const std::vector<std::string>& files = {}) {
  TestSummary tests;
  const auto exists = [&](const std::string& path) {
    return std::find(files.begin(), files.end(), path) != files.end();
  };
  const auto read = read_junit(text(content), exists, tests);
  EXPECT_TRUE(read.ok()) << read.error().message;
  return tests;
}

std::string refusal(const std::string& content) {
  TestSummary tests;
  const auto read = read_junit(
      text(content), [](const std::string&) { return false; }, tests);
  EXPECT_EQ(tests, TestSummary());
  return read.ok() ? "" : read.error().message;
}

TEST(Junit, CountsWhateverTheSuitesAreNestedLike) {
  const TestSummary tests = junit(R"(<?xml version="1.0"?><testsuites><testsuite tests="9"><testsuite>
      <testcase name="a" time="1.5"/><testcase name="b" time="1,000.25"><skipped message="later"/></testcase></testsuite>
      <testcase name="c"><error message="teardown">trace</error></testcase><properties/>
      <testcase name="d"><failure/><error/></testcase></testsuite></testsuites>)");
  EXPECT_EQ(tests.passed, 1u);
  EXPECT_EQ(tests.skipped, 1u);
  EXPECT_EQ(tests.errors, 1u);
  EXPECT_EQ(tests.failed, 1u);
  EXPECT_DOUBLE_EQ(tests.seconds, 1001.75);
  EXPECT_EQ(tests.failures.size(), 2u);
  EXPECT_EQ(tests.failures[0].message, "teardown");
  EXPECT_EQ(tests.failures[0].details, "trace");
}

TEST(Junit, NamesAPytestFailureAsPytestDoes) {
  const TestSummary tests = junit(R"(<testsuite><testcase classname="tests.test_cart.TestCart" name="test_total[1]">
      <failure message="assert 1 == 2">def test_total():
&gt;       assert 1 == 2
E       assert 1 == 2

tests/helpers.py:3: in check
tests/test_cart.py:41: AssertionError</failure></testcase></testsuite>)",
                                  {"tests/test_cart.py", "tests/helpers.py"});
  ASSERT_EQ(tests.failures.size(), 1u);
  EXPECT_EQ(tests.failures[0].name, "tests/test_cart.py::TestCart::test_total[1]");
  EXPECT_EQ(tests.failures[0].file, "tests/test_cart.py");
  EXPECT_EQ(tests.failures[0].line, 41);
  EXPECT_EQ(tests.failures[0].message, "assert 1 == 2");
}

TEST(Junit, FallsBackToClassAndNameAndTakesTheMessageFromTheDetails) {
  const TestSummary tests = junit(
      "<testsuite><testcase classname='com.example.Cart' name='total' file='Cart.java' line='9'><failure>\n  "
      "boom\nmore</failure></testcase>"
      "<testcase classname='com.example.Cart' name='sum'><failure/></testcase></testsuite>");
  ASSERT_EQ(tests.failures.size(), 2u);
  EXPECT_EQ(tests.failures[0].name, "Cart.java::total");
  EXPECT_EQ(tests.failures[0].line, 9);
  EXPECT_EQ(tests.failures[0].message, "boom");
  EXPECT_EQ(tests.failures[1].name, "com.example.Cart.sum");
}

TEST(Junit, KeepsTheFirstThousandFailuresAndCutsTheirDetails) {
  std::string many = "<testsuite>";
  for (int i = 0; i < 1100; ++i)
    many += "<testcase name='t'><failure>" + std::string(i == 0 ? 100000 : 1, 'x') + "</failure></testcase>";
  const TestSummary tests = junit(many + "</testsuite>");
  EXPECT_EQ(tests.failed, 1100u);
  EXPECT_EQ(tests.failures.size(), 1000u);
  EXPECT_EQ(tests.failures[0].details.size(), 65536u);
}

TEST(Junit, HostileXmlIsRefusedWithItsLine) {
  EXPECT_EQ(refusal("<!DOCTYPE x [\n<!ENTITY a 'b'>]>\n<x>&a;</x>"),
            "line 1: it declares entities, which could make it as large as it likes");
  EXPECT_EQ(refusal("<x>\n<y></x>"), "line 2: mismatched tag");
  EXPECT_EQ(refusal(""), "line 1: no element found");
  EXPECT_EQ(refusal("<testsuite><testcase name='t'/>"), "line 1: no element found");
  std::string deep;
  for (int i = 0; i < 300; ++i) deep += "<a>";
  EXPECT_EQ(refusal(deep), "line 1: its elements are nested deeper than 200");
  EXPECT_NE(refusal("<x>\xff\xfe</x>"), "");
}

TEST(CoverageReport, ReadsCoberturaAndJacoco) {
  EXPECT_EQ(read_coverage_report(text("<coverage line-rate='0.25'/>")).value(), 25.0);
  EXPECT_EQ(read_coverage_report(text("<coverage line-rate='0.33' lines-covered='1' lines-valid='8'/>")).value(), 12.5);
  EXPECT_EQ(read_coverage_report(text("<!DOCTYPE report PUBLIC '-//JACOCO//DTD Report 1.1//EN' 'report.dtd'><report>"
                                      "<package><counter type='LINE' missed='9' covered='1'/></package>"
                                      "<counter type='LINE' missed='1' covered='3'/></report>"))
                .value(),
            75.0);
  EXPECT_EQ(read_coverage_report(text("<coverage line-rate='nan'/>")).value(), std::nullopt);
  EXPECT_FALSE(read_coverage_report(text("no")).ok());
}

std::optional<double> coverage(const std::string& regex, const std::string& log) {
  std::optional<double> found;
  for (size_t piece = 1; piece <= log.size() + 1; ++piece) {
    auto scanner = std::move(CoverageScanner::make(regex)).value();
    for (size_t at = 0; at < log.size(); at += piece) scanner->feed(std::string_view(log).substr(at, piece));
    const auto percent = scanner->finish();
    EXPECT_TRUE(piece == 1 || percent == found) << "in pieces of " << piece;
    found = percent;
  }
  return found;
}

TEST(CoverageRegex, TakesTheLastMatchOfTheLastLineThatHasANumber) {
  EXPECT_EQ(coverage(R"(TOTAL.+?(\d+%))", "TOTAL 1 2 50%\nTOTAL 1 2 93%\nend\n"), 93.0);
  EXPECT_EQ(coverage(R"(\d+\.\d+%)", "10.5% 20.75%"), 20.75);
  EXPECT_EQ(coverage("cov.*", "cov 12\ncov none\n"), 12.0);
  EXPECT_EQ(coverage("cov", "nothing"), std::nullopt);
  EXPECT_EQ(coverage("x*", "a\n"), std::nullopt);
  EXPECT_EQ(coverage("(a)|([0-9]+)", "7 a"), std::nullopt);
  EXPECT_FALSE(CoverageScanner::make("(").ok());
}

TEST(Dotenv, FollowsGitLabsRules) {
  const auto values = parse_dotenv("A=1\r\nB = 'quoted' \nA=2\nEMPTY=\n", "x.env");
  ASSERT_TRUE(values.ok()) << values.error().message;
  EXPECT_EQ(*values, (Variables{{"B", "'quoted'", false, false, false},
                                {"A", "2", false, false, false},
                                {"EMPTY", "", false, false, false}}));
  EXPECT_TRUE(parse_dotenv("", "x")->empty());
  EXPECT_EQ(parse_dotenv("\xef\xbb\xbf"
                         "A=1",
                         "x")
                ->front()
                .name,
            "A");
}

TEST(Dotenv, NamesTheLineThatIsNone) {
  const auto refused = [](std::string_view content) {
    const auto values = parse_dotenv(content, "x.env");
    return values.ok() ? std::string() : values.error().message;
  };
  EXPECT_EQ(refused("A=1\n\nB=2"), "dotenv report `x.env`, line 2: a blank line");
  EXPECT_EQ(refused("# comment"), "dotenv report `x.env`, line 1: there is no `=`");
  EXPECT_EQ(refused("export A=1"), "dotenv report `x.env`, line 1: `export A` is no name of letters, digits and `_`");
  EXPECT_EQ(refused("=1"), "dotenv report `x.env`, line 1: `` is no name of letters, digits and `_`");
  EXPECT_EQ(refused("A=" + std::string(5118, 'x')), "dotenv report `x.env`: it holds 5 KiB or more");
  EXPECT_EQ(refused("A=" + std::string(5117, 'x')), "");
  std::string many;
  for (int i = 0; i < 21; ++i) many += "V" + std::to_string(i) + "=1\n";
  EXPECT_EQ(refused(many), "dotenv report `x.env`: it holds more than 20 variables");
}

TEST(GoDuration, ReadsWhatGoReads) {
  EXPECT_EQ(parse_go_duration("1h30m"), std::chrono::minutes(90));
  EXPECT_EQ(parse_go_duration("1.5s"), Duration(1500));
  EXPECT_EQ(parse_go_duration("250ms"), Duration(250));
  EXPECT_EQ(parse_go_duration("0"), Duration(0));
  for (const char* bad : {"", "5", "m", "1x", "1.2.3s", "5 m", "-1s", "99999999999999h"})
    EXPECT_FALSE(parse_go_duration(bad)) << bad;
}

}  // namespace
}  // namespace penstock
