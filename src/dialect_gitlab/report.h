#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/diagnostic.h"

namespace penstock::gitlab {

/// Collects the findings of one compilation: each once (a template that ten jobs extend is told of once), with the
/// include chain of its file.
class Report {
 public:
  /// The diagnostic just added, to give it a label, help or notes; one that was told already is a scratch value that
  /// goes nowhere.
  Diagnostic& error(std::string_view name, const SourceSpan& span, std::string message);
  Diagnostic& warning(std::string_view name, const SourceSpan& span, std::string message);
  void add(Diagnostics diagnostics);

  /// Files that are included: their diagnostics tell by which `include` entries, innermost first.
  void came_by(const SourceFile& file, std::vector<SourceSpan> chain) { chains_[&file] = std::move(chain); }
  [[nodiscard]] const std::vector<SourceSpan>& chain_of(const SourceFile& file) const;

  /// From here on a part of the configuration is missing (an include that can't be had): what refers to names that may
  /// stand there is not told of, since it would only repeat that mistake.
  void incomplete() { incomplete_ = true; }
  [[nodiscard]] bool is_incomplete() const { return incomplete_ && errors_ > 0; }

  /// Further findings are not kept: to describe them would be work for nothing.
  [[nodiscard]] bool is_full() const { return diagnostics_.size() >= kMaxDiagnostics; }
  [[nodiscard]] bool failed() const { return has_errors(diagnostics_); }
  /// How many errors there are so far: to tell whether a step added any.
  [[nodiscard]] size_t errors() const { return errors_; }
  /// All of them, file by file (as they were first told of), each file's in order of place.
  Diagnostics take();

 private:
  static constexpr size_t kMaxDiagnostics = 500;

  Diagnostic& put(Severity severity, std::string_view name, const SourceSpan& span, std::string message);

  Diagnostics diagnostics_;
  Diagnostic scratch_;
  size_t errors_ = 0;
  bool incomplete_ = false;
  std::unordered_set<std::string> told_;
  std::unordered_map<const SourceFile*, std::vector<SourceSpan>> chains_;
};

}  // namespace penstock::gitlab
