#pragma once

#include <memory>
#include <optional>

#include "base/diagnostic.h"
#include "base/source.h"
#include "yaml/event.h"

namespace penstock::yaml {

/// Reads any YAML with libyaml, up to its first syntax error, which is returned.
std::optional<Diagnostic> read_with_libyaml(const std::shared_ptr<const SourceFile>& file, EventSink& sink);

}  // namespace penstock::yaml
