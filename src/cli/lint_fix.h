#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.h"

namespace penstock {

/// A source in which slips are mended.
struct FixedSource {
  std::string name;  ///< As the diagnostics name it.
  std::string before;
  std::string after;
  size_t fixes = 0;
};

/// The sources of findings that are slips (`Diagnostic::instead`), mended. A finding that underlines more than the
/// misspelt word is left to a person; so is one that overlaps another. In order of names.
std::vector<FixedSource> fix_slips(const Diagnostics& findings);

}  // namespace penstock
