#include "cli/lint_formats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/lint_fix.h"
#include "cli/lint_silence.h"

namespace penstock {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr std::string_view kText =
    "größe: 1 # ci-lint: ignore other, a-warning\n"
    "# ci-lint: ignore a-warning\n"
    "key: value\n"
    "key: value # see ci-lint: ignored\n";

std::shared_ptr<const SourceFile> file() {
  static const auto one = std::make_shared<const SourceFile>(SourceFile{"a,b%.yml", std::string(kText)});
  return one;
}

Diagnostic finding(Severity severity, std::string name, uint32_t line, uint32_t column = 1) {
  Diagnostic diagnostic;
  diagnostic.severity = severity;
  diagnostic.name = std::move(name);
  diagnostic.span = {file(), line, column, line, column + 3};
  diagnostic.message = "say \"<this>\": & that\nin two lines";
  diagnostic.help = "do so";
  return diagnostic;
}

Diagnostics two() { return {finding(Severity::error, "an-error", 3), finding(Severity::warning, "a-warning", 1, 9)}; }

TEST(LintFormats, SarifNamesRulePlaceAndLevel) {
  const json run = json::parse(format_findings(two(), {}, LintFormat::sarif)).at("runs").at(0);
  EXPECT_EQ(run.at("tool").at("driver").at("rules"), json::parse(R"([{"id": "a-warning"}, {"id": "an-error"}])"));
  const json& warning = run.at("results").at(1);
  EXPECT_EQ(warning.at("ruleId"), "a-warning");
  EXPECT_EQ(warning.at("level"), "warning");
  const json& place = warning.at("locations").at(0).at("physicalLocation");
  EXPECT_EQ(place.at("artifactLocation").at("uri"), "a,b%25.yml");
  EXPECT_EQ(place.at("region").at("startLine"), 1);
  EXPECT_EQ(place.at("region").at("startColumn"), 7) << "characters, not bytes";
}

TEST(LintFormats, JUnitHasATestForEachFindingAndForEachFileWithoutOne) {
  const std::string text = format_findings(two(), {"a,b%.yml", "fine.yml"}, LintFormat::junit);
  EXPECT_THAT(text, HasSubstr("<testsuites tests=\"3\" failures=\"2\">"));
  EXPECT_THAT(text, HasSubstr("<testcase classname=\"fine.yml\" name=\"no mistakes\" file=\"fine.yml\"/>"));
  EXPECT_THAT(text, HasSubstr("message=\"say &quot;&lt;this&gt;&quot;: &amp; that&#10;in two lines\""));
}

TEST(LintFormats, JUnitIsXmlWhateverTheTextsHold) {
  Diagnostic odd = finding(Severity::error, "x", 3);
  odd.message = "a\x01\xFF\xEF\xBF\xBF\xE2\x82\xAC\tb";
  const std::string text = format_findings({odd}, {}, LintFormat::junit);
  EXPECT_THAT(text, HasSubstr("message=\"a\uFFFD\uFFFD\uFFFD\u20AC\tb\""));
}

TEST(LintFormats, GitHubGetsOneCommandALine) {
  EXPECT_EQ(
      format_findings(two(), {}, LintFormat::github),
      "::error file=a%2Cb%25.yml,line=3,endLine=3,col=1,endColumn=4,title=an-error::say \"<this>\": & that%0Ain two "
      "lines (do so)\n"
      "::warning file=a%2Cb%25.yml,line=1,endLine=1,col=9,endColumn=12,title=a-warning::say \"<this>\": & "
      "that%0Ain two lines (do so)\n");
}

TEST(LintFormats, GitLabTellsEqualFindingsApartAndKnowsThemAgain) {
  Diagnostics findings = {finding(Severity::error, "x", 3), finding(Severity::error, "x", 3)};
  const json once = json::parse(format_findings(findings, {}, LintFormat::gitlab));
  EXPECT_NE(once.at(0).at("fingerprint"), once.at(1).at("fingerprint"));
  EXPECT_EQ(once.at(0).at("severity"), "major");
  EXPECT_EQ(once.at(0).at("location"), json::parse(R"({"path": "a,b%.yml", "lines": {"begin": 3}})"));
  EXPECT_EQ(json::parse(format_findings(findings, {}, LintFormat::gitlab)), once);
}

TEST(LintFormats, NothingFoundIsStillAWholeDocument) {
  EXPECT_TRUE(json::parse(format_findings({}, {}, LintFormat::json)).empty());
  EXPECT_TRUE(json::parse(format_findings({}, {}, LintFormat::gitlab)).empty());
  EXPECT_TRUE(json::parse(format_findings({}, {}, LintFormat::sarif)).at("runs").at(0).at("results").empty());
  EXPECT_EQ(format_findings({}, {}, LintFormat::github), "");
}

TEST(LintSilence, ACommentOnTheLineOrAloneAboveItLetsAWarningStand) {
  Diagnostics findings = {finding(Severity::warning, "a-warning", 1), finding(Severity::warning, "a-warning", 3),
                          finding(Severity::warning, "a-warning", 4), finding(Severity::warning, "another", 1),
                          finding(Severity::error, "a-warning", 3)};
  EXPECT_EQ(drop_silenced(findings, {}), 2u);
  ASSERT_EQ(findings.size(), 3u);
  EXPECT_EQ(findings[0].span.line, 4u);
  EXPECT_EQ(findings[1].name, "another");
  EXPECT_EQ(findings[2].severity, Severity::error);
  EXPECT_EQ(drop_silenced(findings, {"another"}), 1u);
}

Diagnostics slips(const std::string& text,
                  const std::vector<std::tuple<uint32_t, uint32_t, uint32_t, std::string>>& at) {
  const auto source = std::make_shared<const SourceFile>(SourceFile{"a.yml", text});
  Diagnostics findings;
  for (const auto& [line, column, end, instead] : at) {
    Diagnostic slip;
    slip.span = {source, line, column, line, end};
    slip.instead = instead;
    findings.push_back(std::move(slip));
  }
  return findings;
}

TEST(LintFix, ReplacesTheMisspeltWordsAlone) {
  const auto fixed = fix_slips(slips("job:\n  scirpt: a\n  stage: \"biuld\" # biuld\n",
                                     {{3, 10, 17, "build"}, {2, 3, 9, "script"}, {2, 3, 9, "script"}}));
  ASSERT_EQ(fixed.size(), 1u);
  EXPECT_EQ(fixed[0].after, "job:\n  script: a\n  stage: \"build\" # biuld\n");
  EXPECT_EQ(fixed[0].fixes, 2u);
}

TEST(LintFix, LeavesToAPersonWhatUnderlinesMoreThanTheSlip) {
  EXPECT_THAT(fix_slips(slips("environment: $NAME/x\nneeds: bulid\n",
                              {{1, 14, 21, "staging"}, {2, 8, 13, "build: [a]"}, {2, 8, 99, "build"}, {9, 1, 2, "x"}})),
              testing::IsEmpty());
}

}  // namespace
}  // namespace penstock
