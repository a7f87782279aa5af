#include "dialect_gitlab/report.h"

#include <algorithm>
#include <tuple>

namespace penstock::gitlab {
namespace {

std::string identity(const Diagnostic& diagnostic) {
  std::string key =
      diagnostic.name + ' ' + std::to_string(diagnostic.span.line) + ':' + std::to_string(diagnostic.span.column) + ' ';
  if (diagnostic.span.file) key += diagnostic.span.file->name;
  return key + ' ' + diagnostic.message;
}

/// Mistakes that may only come from a part that is missing.
bool may_follow(std::string_view name) {
  constexpr std::string_view kFollowing[] = {"need-in-later-stage", "need-left-out", "no-jobs",
                                             "script-missing",      "unknown-job",   "unknown-reference",
                                             "unknown-matrix-value"};
  return std::find(std::begin(kFollowing), std::end(kFollowing), name) != std::end(kFollowing);
}

}  // namespace

const std::vector<SourceSpan>& Report::chain_of(const SourceFile& file) const {
  static const std::vector<SourceSpan> none;
  auto found = chains_.find(&file);
  return found == chains_.end() ? none : found->second;
}

Diagnostic& Report::put(Severity severity, std::string_view name, const SourceSpan& span, std::string message) {
  Diagnostic diagnostic;
  diagnostic.severity = severity;
  diagnostic.name = std::string(name);
  diagnostic.span = span;
  diagnostic.message = std::move(message);
  if (span.file) diagnostic.include_chain = chain_of(*span.file);
  bool follows = is_incomplete() && may_follow(name);
  if (follows || !told_.insert(identity(diagnostic)).second || diagnostics_.size() >= kMaxDiagnostics) {
    scratch_ = {};
    return scratch_;
  }
  if (severity == Severity::error) ++errors_;
  diagnostics_.push_back(std::move(diagnostic));
  return diagnostics_.back();
}

Diagnostic& Report::error(std::string_view name, const SourceSpan& span, std::string message) {
  return put(Severity::error, name, span, std::move(message));
}

Diagnostic& Report::warning(std::string_view name, const SourceSpan& span, std::string message) {
  return put(Severity::warning, name, span, std::move(message));
}

Diagnostics Report::take() {
  std::unordered_map<const SourceFile*, size_t> order;
  for (const Diagnostic& diagnostic : diagnostics_) order.try_emplace(diagnostic.span.file.get(), order.size());
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(), [&](const Diagnostic& a, const Diagnostic& b) {
    return std::tuple(order[a.span.file.get()], a.span.line, a.span.column) <
           std::tuple(order[b.span.file.get()], b.span.line, b.span.column);
  });
  return std::move(diagnostics_);
}

void Report::add(Diagnostics diagnostics) {
  for (Diagnostic& diagnostic : diagnostics) {
    Diagnostic& added = put(diagnostic.severity, diagnostic.name, diagnostic.span, diagnostic.message);
    added.label = std::move(diagnostic.label);
    added.instead = std::move(diagnostic.instead);
    added.help = std::move(diagnostic.help);
    added.notes = std::move(diagnostic.notes);
    if (!diagnostic.include_chain.empty()) added.include_chain = std::move(diagnostic.include_chain);
  }
}

}  // namespace penstock::gitlab
