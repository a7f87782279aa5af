#pragma once

#include <memory>
#include <string_view>

#include "base/diagnostic.h"
#include "base/source.h"
#include "yaml/positions.h"

namespace penstock::yaml {

/// What the scanner or parser of libyaml has to say when it gives up.
struct Complaint {
  std::string_view problem;  ///< In libyaml's words.
  std::string_view context;
  Position at;
  Position context_at;
};

/// The same in words that help: what is wrong, what it usually is, and where it began.
Diagnostic syntax_error(const std::shared_ptr<const SourceFile>& file, const Complaint& complaint);

}  // namespace penstock::yaml
