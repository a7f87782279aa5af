#pragma once

#include <string>
#include <string_view>

#include "base/diagnostic.h"

namespace penstock {

/// Who reads what `ci lint` finds.
enum class LintFormat {
  text,    ///< A person: `render` of base/diagnostic.h.
  json,    ///< A script (docs/cli.md).
  sarif,   ///< SARIF 2.1.0 (OASIS): editors, code scanning.
  junit,   ///< A test report: each finding is a failed test, a file without one a passed one.
  github,  ///< Workflow commands of GitHub Actions: notes beside the changed lines.
  gitlab,  ///< A Code Quality report of GitLab (Code Climate's form).
};

/// The words of `--format`, in the order of the values.
constexpr std::string_view kLintFormats[] = {"text", "json", "sarif", "junit", "github", "gitlab"};

/// The findings in a form for programs; `text` is not one of them. `files` are all that were looked at, for the report
/// that names what passed.
std::string format_findings(const Diagnostics& findings, const std::vector<std::string>& files, LintFormat format);

}  // namespace penstock
