#pragma once

#include <filesystem>
#include <string>

namespace penstock::workspace {

/// Mounts an overlay whose layers lie in `folder` (in namespaces of a child, so nothing is seen of it outside) and
/// changes, deletes and replaces files in it. Why that failed, or nothing where all of it worked.
std::string probe_overlay(const std::filesystem::path& folder);

}  // namespace penstock::workspace
