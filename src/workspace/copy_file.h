#pragma once

#include <string>

#include "base/result.h"

namespace penstock::workspace {

/// Copies a regular file or a symbolic link with its mode and its time of last change, sharing the bytes where the file
/// system can. Names are relative to the folders; the target must not be there. Links are copied, not followed.
Result<> copy_entry(int from_folder, const std::string& from, int to_folder, const std::string& to);

}  // namespace penstock::workspace
