#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.h"

namespace penstock {

/// Takes away the warnings that somebody has looked at and let stand: those named in `names`, and those whose line, or
/// the line above, says so:
///
///     image: python  # ci-lint: ignore floating-image
///
/// Errors stay. Returns how many went.
size_t drop_silenced(Diagnostics& findings, const std::vector<std::string>& names);

}  // namespace penstock
