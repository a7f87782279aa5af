#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "base/diagnostic.h"

namespace penstock::environments {

/// Collects the findings of one compilation: each once (a template that three environments extend is told of once).
class Report {
 public:
  /// The diagnostic just added, to give it a label, help or notes; one that was told already is a scratch value that
  /// goes nowhere.
  Diagnostic& error(std::string_view name, const SourceSpan& span, std::string message);
  Diagnostic& warning(std::string_view name, const SourceSpan& span, std::string message);
  void add(const Diagnostics& diagnostics);

  [[nodiscard]] size_t errors() const { return errors_; }
  /// All of them in order of place.
  Diagnostics take();

 private:
  Diagnostic& put(Severity severity, std::string_view name, const SourceSpan& span, std::string message);

  Diagnostics diagnostics_;
  Diagnostic scratch_;
  size_t errors_ = 0;
  std::unordered_set<std::string> told_;
};

}  // namespace penstock::environments
