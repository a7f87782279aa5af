#include "environments/report.h"

#include <algorithm>
#include <tuple>

namespace penstock::environments {
namespace {

constexpr size_t kMaxDiagnostics = 500;

}  // namespace

Diagnostic& Report::put(Severity severity, std::string_view name, const SourceSpan& span, std::string message) {
  std::string identity(name);
  identity += ' ' + std::to_string(span.line) + ':' + std::to_string(span.column) + ' ' + message;
  if (diagnostics_.size() >= kMaxDiagnostics || !told_.insert(std::move(identity)).second) {
    scratch_ = {};
    return scratch_;
  }
  if (severity == Severity::error) ++errors_;
  Diagnostic& added = diagnostics_.emplace_back();
  added.severity = severity;
  added.name = std::string(name);
  added.span = span;
  added.message = std::move(message);
  return added;
}

Diagnostic& Report::error(std::string_view name, const SourceSpan& span, std::string message) {
  return put(Severity::error, name, span, std::move(message));
}

Diagnostic& Report::warning(std::string_view name, const SourceSpan& span, std::string message) {
  return put(Severity::warning, name, span, std::move(message));
}

void Report::add(const Diagnostics& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics) {
    Diagnostic& added = put(diagnostic.severity, diagnostic.name, diagnostic.span, diagnostic.message);
    added.label = diagnostic.label;
    added.instead = diagnostic.instead;
    added.help = diagnostic.help;
    added.notes = diagnostic.notes;
  }
}

Diagnostics Report::take() {
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tuple(a.span.line, a.span.column) < std::tuple(b.span.line, b.span.column);
  });
  return std::move(diagnostics_);
}

}  // namespace penstock::environments
