#include "cli/lint_silence.h"

#include <algorithm>

namespace penstock {
namespace {

constexpr std::string_view kMark = "ci-lint: ignore";

/// Whether a comment of the line names the warning. Names are parted by blanks or commas.
bool says_so(std::string_view line, std::string_view name) {
  const size_t comment = line.find('#');
  if (comment == std::string_view::npos) return false;
  const size_t mark = line.find(kMark, comment);
  if (mark == std::string_view::npos) return false;
  std::string_view rest = line.substr(mark + kMark.size());
  while (!rest.empty()) {
    const size_t start = rest.find_first_not_of(" ,\t\r");
    if (start == std::string_view::npos) return false;
    rest.remove_prefix(start);
    const std::string_view word = rest.substr(0, rest.find_first_of(" ,\t\r"));
    if (word == name) return true;
    rest.remove_prefix(word.size());
  }
  return false;
}

bool is_silenced(const Diagnostic& finding, const std::vector<std::string>& names) {
  if (finding.severity == Severity::error) return false;
  if (std::find(names.begin(), names.end(), finding.name) != names.end()) return true;
  if (!finding.span.known()) return false;
  const uint32_t line = finding.span.line;
  if (says_so(line_of(*finding.span.file, line), finding.name)) return true;
  if (line == 1) return false;
  const std::string_view above = line_of(*finding.span.file, line - 1);
  const size_t first = above.find_first_not_of(" \t");
  // Behind something else it speaks of its own line.
  return first != std::string_view::npos && above[first] == '#' && says_so(above, finding.name);
}

}  // namespace

size_t drop_silenced(Diagnostics& findings, const std::vector<std::string>& names) {
  return std::erase_if(findings, [&names](const Diagnostic& finding) { return is_silenced(finding, names); });
}

}  // namespace penstock
