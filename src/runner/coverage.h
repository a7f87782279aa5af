#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "runner/junit.h"

namespace penstock {

/// `coverage: /regex/` over a log that streams by: the last line that matches and holds a number; in it the last match
/// (its last group where the regex has groups); in that the first number. As GitLab reads it. Lines are looked at up to
/// 64 KiB.
class CoverageScanner {
 public:
  /// An Error for what is no regular expression of RE2.
  static Result<std::unique_ptr<CoverageScanner>> make(const std::string& regex);
  virtual ~CoverageScanner() = default;
  virtual void feed(std::string_view piece) = 0;
  /// After the last piece.
  virtual std::optional<double> finish() = 0;
};

/// The line coverage in percent that a Cobertura or JaCoCo report tells; nothing where it tells none.
Result<std::optional<double>> read_coverage_report(const PieceSource& source);

}  // namespace penstock
