#pragma once

#include <string>
#include <string_view>

#include "analysis/judge.h"
#include "base/result.h"

namespace penstock {

/// A look as it is stored with its rollout: what was known, and what was concluded.
struct AnalysisRecord {
  AnalysisInput input;
  Judgement judgement;

  friend bool operator==(const AnalysisRecord&, const AnalysisRecord&) = default;
};

/// Versioned JSON. Of a metric it holds what its verdict depends on, not where the values came from (an address may
/// hold a secret).
std::string to_json(const AnalysisRecord& record);
/// An Error (Fault::user) says what is wrong with the text. Hostile text is refused, never trusted.
Result<AnalysisRecord> analysis_record_from_json(std::string_view text);

/// Judges the record's input again; says whether what comes out is what was stored.
struct Replay {
  Judgement judgement;
  bool same = false;
};
Replay replay(const AnalysisRecord& record);

}  // namespace penstock
