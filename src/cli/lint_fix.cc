#include "cli/lint_fix.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include "base/suggest.h"

namespace penstock {
namespace {

struct Replacement {
  size_t offset = 0;
  size_t length = 0;
  std::string text;
};

/// Whether it means the same in YAML without quotes.
bool is_plain(std::string_view word) {
  if (word.starts_with('*')) word.remove_prefix(1);  // an alias
  return !word.empty() && word.front() != ' ' && word.back() != ' ' && word.front() != '-' &&
         word.find_first_of(":#{}[],&*!|>'\"%@`\\\n") == std::string_view::npos;
}

/// The word that a finding underlines, if it is nothing but the slip.
std::optional<Replacement> replacement_of(const Diagnostic& finding) {
  const SourceSpan& span = finding.span;
  if (finding.instead.empty() || !span.known() || span.line != span.end_line) return std::nullopt;
  const std::string_view line = line_of(*span.file, span.line);
  if (span.end_column <= span.column || span.end_column - 1 > line.size()) return std::nullopt;
  std::string_view word = line.substr(span.column - 1, span.end_column - span.column);
  if (word.size() > 2 && (word.front() == '"' || word.front() == '\'') && word.back() == word.front())
    word = word.substr(1, word.size() - 2);
  if (!is_plain(finding.instead) || !did_you_mean(word, {finding.instead})) return std::nullopt;
  return Replacement{static_cast<size_t>(word.data() - span.file->text.data()), word.size(), finding.instead};
}

}  // namespace

std::vector<FixedSource> fix_slips(const Diagnostics& findings) {
  // Each compilation that reads a file has a SourceFile of its own.
  std::map<std::string, std::pair<std::shared_ptr<const SourceFile>, std::vector<Replacement>>> by_name;
  for (const Diagnostic& finding : findings) {
    auto replacement = replacement_of(finding);
    if (!replacement) continue;
    auto& [file, replacements] = by_name[finding.span.file->name];
    if (!file) file = finding.span.file;
    if (file->text == finding.span.file->text) replacements.push_back(std::move(*replacement));
  }
  std::vector<FixedSource> fixed;
  for (auto& [name, found] : by_name) {
    auto& [file, replacements] = found;
    std::sort(replacements.begin(), replacements.end(),
              [](const Replacement& a, const Replacement& b) { return a.offset < b.offset; });
    FixedSource source{name, file->text, {}, 0};
    size_t copied = 0;
    for (const Replacement& replacement : replacements) {
      if (replacement.offset < copied) continue;
      source.after.append(file->text, copied, replacement.offset - copied).append(replacement.text);
      copied = replacement.offset + replacement.length;
      ++source.fixes;
    }
    source.after.append(file->text, copied);
    fixed.push_back(std::move(source));
  }
  return fixed;
}

}  // namespace penstock
