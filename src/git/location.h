#pragma once

#include <filesystem>
#include <optional>

namespace penstock::git {

/// Where a repository lies. All paths are absolute and free of symbolic links.
struct Location {
  std::filesystem::path top_level;      ///< The work tree; empty for a bare repository.
  std::filesystem::path git_folder;     ///< What belongs to this work tree: HEAD, index.
  std::filesystem::path common_folder;  ///< What all work trees share: objects, refs, config.
  bool explicit_folder = false;         ///< Git can't find it from the work tree: it must be told (`--git-dir`).
};

/// Finds the repository of `folder` by reading `.git` folders, `gitdir:` files and `commondir`; nothing where that
/// isn't certain (core.worktree, a bare repository, reftable, an include in the configuration, none at all), and git
/// itself must be asked.
std::optional<Location> find_location(const std::filesystem::path& folder);

}  // namespace penstock::git
