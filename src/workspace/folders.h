#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace penstock::git {
class Repository;
}

namespace penstock::workspace {

/// Where a repository's runs are kept, made where it is missing: `penstock` in the git folder that all work trees
/// share, or $XDG_STATE_HOME/penstock/DIGEST where that is a network file system or can't be written.
Result<std::filesystem::path> state_folder(const git::Repository& repository);

struct LayerFolder {
  std::filesystem::path path;
  bool overlay = true;  ///< Whether an overlay was really mounted there; otherwise only the copy rung works.
  std::string reason;   ///< Why not, in the system's words; empty where it works.
};

/// Where layers lie, made where it is missing: beside the state, else in $XDG_CACHE_HOME/penstock/DIGEST: the first
/// place where an overlay can be mounted and written to (they can't lie on overlayfs, NFS, or tmpfs before Linux 6.6).
/// Tried once and remembered there until the kernel or the user changes.
Result<LayerFolder> layer_folder(const git::Repository& repository);

}  // namespace penstock::workspace
