#pragma once

#include "base/result.h"

namespace penstock {

/// Whether the file system that this open folder lies on has no room left, so that a command that failed there failed
/// for that.
bool is_full(int folder);

/// Removes everything in the open folder.
Result<> empty_folder(int folder);

}  // namespace penstock
