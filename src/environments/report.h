#pragma once

#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "base/diagnostic.h"

namespace penstock::yaml {
class Node;
}

namespace penstock::environments {

/// Collects the findings of one compilation: each once (a template that three environments extend is told of once).
class Report {
 public:
  /// The diagnostic just added, to give it a label, help or notes; one that was told already is a scratch value that
  /// goes nowhere.
  Diagnostic& error(std::string_view name, const SourceSpan& span, std::string message);
  Diagnostic& warning(std::string_view name, const SourceSpan& span, std::string message);
  void add(const Diagnostics& diagnostics);

  /// That a key which nobody knows in a mapping means this one: it is not missing.
  void misspelt(const yaml::Node& mapping, std::string_view key) { misspelt_.emplace(&mapping, key); }
  [[nodiscard]] bool is_misspelt(const yaml::Node& mapping, std::string_view key) const {
    return misspelt_.contains({&mapping, std::string(key)});
  }

  [[nodiscard]] size_t errors() const { return errors_; }
  /// All of them in order of place.
  Diagnostics take();

 private:
  Diagnostic& put(Severity severity, std::string_view name, const SourceSpan& span, std::string message);

  Diagnostics diagnostics_;
  Diagnostic scratch_;
  size_t errors_ = 0;
  std::unordered_set<std::string> told_;
  std::set<std::pair<const yaml::Node*, std::string>> misspelt_;
};

}  // namespace penstock::environments
