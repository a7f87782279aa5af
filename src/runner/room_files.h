#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "runner/junit.h"

namespace penstock {

/// One file below the open folder `root`, in pieces. An Error where it leads out, is no regular file or is larger than
/// `limit` bytes.
PieceSource pieces_of(int root, std::string path, uint64_t limit);
Result<std::string> read_beneath(int root, const std::string& path, uint64_t limit);
/// Whether such a regular file is there.
bool exists_beneath(int root, const std::string& path);

/// Makes a file of mode 0600 below `root`, in the folder `folder` (made where it is missing).
Result<> write_private(int root, const std::string& folder, const std::string& name, std::string_view content);

}  // namespace penstock
