#include <algorithm>
#include <array>
#include <cctype>

#include "base/duration.h"
#include "dialect_gitlab/job.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;

constexpr std::array<Keyword, 10> kArtifacts = {{{"paths"},
                                                 {"exclude"},
                                                 {"name"},
                                                 {"untracked"},
                                                 {"when"},
                                                 {"expire_in"},
                                                 {"expose_as"},
                                                 {"reports"},
                                                 {"access"},
                                                 {"public"}}};
constexpr std::array<std::string_view, 3> kKeepWhens = {"on_success", "on_failure", "always"};
constexpr std::array<std::string_view, 4> kAccess = {"all", "developer", "maintainer", "none"};
constexpr std::array<std::string_view, 2> kCoverageFormats = {"cobertura", "jacoco"};
constexpr std::array<Keyword, 2> kCoverage = {{{"coverage_format"}, {"path"}}};
constexpr std::array<Keyword, 25> kReports = {{
    {"junit"},
    {"dotenv"},
    {"coverage_report"},
    {"accessibility"},
    {"annotations"},
    {"api_fuzzing"},
    {"browser_performance"},
    {"cluster_image_scanning"},
    {"codequality"},
    {"container_scanning"},
    {"coverage_fuzzing"},
    {"cyclonedx"},
    {"dast"},
    {"dependency_scanning"},
    {"license_management"},
    {"license_scanning"},
    {"load_performance"},
    {"lsif"},
    {"metrics"},
    {"repository_xray"},
    {"requirements"},
    {"requirements_v2"},
    {"sarif"},
    {"sast"},
    {"secret_detection"},
}};
constexpr std::array<Keyword, 2> kOtherReports = {{{"terraform"}, {"cobertura"}}};

KeepWhen keep_when(Report& report, const Node& node, std::string_view what) {
  std::optional<std::string> word = read_word(report, node, what, kKeepWhens);
  if (word == "always") return KeepWhen::always;
  return word == "on_failure" ? KeepWhen::on_failure : KeepWhen::on_success;
}

void read_reports(Report& report, const Node& node, Artifacts& artifacts) {
  std::vector<Keyword> known(kReports.begin(), kReports.end());
  known.insert(known.end(), kOtherReports.begin(), kOtherReports.end());
  if (!check_keywords(report, node, known, "`artifacts: reports`")) return;
  for (const yaml::Entry& entry : node.entries()) {
    std::string kind(entry.key->text());
    if (kind == "cobertura") {
      report.warning("removed-keyword", entry.key->span(), "GitLab has no `cobertura` report any more").help =
          "write `coverage_report: {coverage_format: cobertura, path: …}`";
      continue;
    }
    if (kind == "browser_performance" || kind == "load_performance") {
      artifacts.reports[kind] = {read_string(report, *entry.value, "`" + kind + "`").value_or("")};
      continue;
    }
    if (entry.value->is_null() && kind == "coverage_report") continue;
    if (kind != "coverage_report") {
      artifacts.reports[kind] = read_string_or_strings(report, *entry.value, "`" + kind + "`");
      continue;
    }
    if (!check_keywords(report, *entry.value, kCoverage, "`coverage_report`")) continue;
    CoverageReport coverage;
    const Node* format = entry.value->find("coverage_format");
    const Node* path = entry.value->find("path");
    if (format == nullptr || path == nullptr) {
      report.error("missing-value", entry.key->span(), "`coverage_report` needs `coverage_format` and `path`");
      continue;
    }
    coverage.format = read_word(report, *format, "`coverage_format`", kCoverageFormats).value_or("cobertura");
    coverage.path = read_string(report, *path, "`path`").value_or("");
    artifacts.coverage_report = std::move(coverage);
  }
}

/// What a merge request shows must be named file by file.
void check_exposed(Report& report, const Node& node, const Artifacts& artifacts) {
  if (artifacts.paths.empty()) {
    report.error("missing-value", node.span(), "`expose_as` needs `paths`");
  }
  for (const std::string& path : artifacts.paths) {
    if (path.find('*') == std::string::npos) continue;
    report.warning("exposed-pattern", node.span(), "`expose_as` can't show `" + path + "`, which is a pattern");
  }
  const std::string_view name = artifacts.expose_as;
  const bool known = std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == ' ';
  });
  if (name.empty() || (known && name.front() != '-' && name.front() != ' ' && name.size() <= 100)) return;
  report.error("invalid-name", node.span(), "`expose_as` is a name of up to 100 letters, digits, `-`, `_` and spaces");
}

}  // namespace

void read_artifacts(JobReader& reader, const Node& node) {
  Report& report = reader.report;
  if (!check_keywords(report, node, kArtifacts, "`artifacts`")) return;
  Artifacts& artifacts = reader.draft.job.artifacts;
  for (const yaml::Entry& entry : node.entries()) {
    const Node& value = *entry.value;
    std::string_view key = entry.key->text();
    if (value.is_null()) continue;
    if (key == "paths") artifacts.paths = read_strings(report, value, "`artifacts: paths`");
    if (key == "exclude") artifacts.exclude = read_strings(report, value, "`artifacts: exclude`");
    if (key == "name") artifacts.name = read_string(report, value, "`artifacts: name`").value_or("");
    if (key == "untracked") artifacts.untracked = read_bool(report, value, "`untracked`").value_or(false);
    if (key == "when") artifacts.when = keep_when(report, value, "`artifacts: when`");
    if (key == "expire_in" && value.text() != "never")
      artifacts.expire_in = read_duration(report, value, "`expire_in`");
    if (key == "expose_as") artifacts.expose_as = read_string(report, value, "`expose_as`").value_or("");
    if (key == "access") read_word(report, value, "`access`", kAccess);
    if (key == "public") read_bool(report, value, "`public`");
    if (key == "reports") read_reports(report, value, artifacts);
  }
  if (node.find("access") != nullptr && node.find("public") != nullptr) {
    report.error("conflicting-keywords", node.find_entry("public")->key->span(),
                 "`public` can't stand beside `access`, which says the same and more");
  }
  if (const Node* shown = node.find("expose_as"); shown != nullptr) check_exposed(report, *shown, artifacts);
}

}  // namespace penstock::gitlab
