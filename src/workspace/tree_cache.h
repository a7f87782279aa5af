#pragma once

#include <set>
#include <string>
#include <string_view>

namespace penstock::workspace {

/// The index's tree cache (its TREE extension) after the folders in `changed` (relative, "" for the root) became
/// unknown and those in `gone` went away. Empty, which is a valid one too, where the text can't be read.
std::string invalidate_tree_cache(std::string_view cache, size_t id_bytes, const std::set<std::string>& changed,
                                  const std::set<std::string>& gone);

}  // namespace penstock::workspace
