#include "runner/script.h"

#include <charconv>
#include <variant>

#include "base/shell_quote.h"

namespace penstock {
namespace {

/// How a line is shown before it runs. The words are gitlab-runner's, which tools that read logs look for.
std::string shown(const std::string& line) {
  const size_t end = line.find('\n');
  if (end == std::string::npos) return "$ " + line;
  if (line.find_first_not_of('\n', end) == std::string::npos) return "$ " + line.substr(0, end);
  return "$ " + line.substr(0, end) + " # collapsed multi-line command";
}

/// Whether what follows could be swallowed by the line: an open quote, a here-document, a backslash at its end. Too
/// often "yes" costs nothing but an `eval`, so this knows no more of bash than it must.
bool may_swallow(std::string_view line) {
  if (line.find("<<") != std::string_view::npos) return true;
  char quote = '\0';
  for (size_t i = 0; i < line.size(); ++i) {
    const char letter = line[i];
    if (letter == '\\' && quote != '\'') {
      if (i + 1 == line.size()) return true;
      ++i;
    } else if (quote != '\0') {
      if (letter == quote) quote = '\0';
    } else if (letter == '\'' || letter == '"' || letter == '`') {
      quote = letter;
    }
  }
  return quote != '\0';
}

}  // namespace

std::vector<std::string> lines_of(const std::vector<Step>& steps) {
  std::vector<std::string> lines;
  for (const Step& step : steps) {
    const auto& of_step = std::get<ScriptStep>(step).lines;
    lines.insert(lines.end(), of_step.begin(), of_step.end());
  }
  return lines;
}

std::string make_script(const std::vector<std::string>& lines, std::string_view marker) {
  std::string script = "set -o errexit -o pipefail +o noclobber\n";
  const std::string to_marker = " >|" + single_quoted(marker) + " || :; builtin printf '%s\\n' ";
  for (size_t i = 0; i < lines.size(); ++i) {
    // In a group without standard error, so that `set -x` of the job's doesn't show it.
    script +=
        "{ builtin printf " + std::to_string(i) + to_marker + single_quoted(shown(lines[i])) + " || :; } 2>/dev/null\n";
    script += may_swallow(lines[i]) ? "eval " + single_quoted(lines[i]) : lines[i];
    script += '\n';
  }
  return script;
}

std::optional<size_t> line_reached(std::string_view marker_content, size_t lines) {
  size_t index = 0;
  const char* const end = marker_content.data() + marker_content.size();
  const auto [stop, error] = std::from_chars(marker_content.data(), end, index);
  if (error != std::errc() || stop != end || index >= lines) return std::nullopt;
  return index;
}

}  // namespace penstock
