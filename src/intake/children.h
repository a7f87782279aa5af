#pragma once

#include <vector>

#include "intake/prepared.h"

namespace penstock {

/// Compiles the child pipelines that jobs of `parent` ask for, and theirs, as they would be in the parent's
/// circumstances: what they take goes to `compiled.used`, their mistakes to its diagnostics, with the way there.
void look_into_children(Prepared& prepared, const IntakeOptions& options, const CompileRequest& parent,
                        std::vector<ChildRequest> children, Compiled& compiled);

}  // namespace penstock
