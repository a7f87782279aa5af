#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/lock.h"

namespace penstock::workspace {

/// A folder of the machine that a job sees inside its project, read-only.
struct Bind {
  /// Absolute, as seen outside of the job: it may lie where the overlay hides it, so open it before that is mounted.
  std::filesystem::path source;
  std::filesystem::path target;  ///< Relative to the project; an empty folder (or a file) is there to mount over.
};

/// A commit's files as layers, ready to be the lower folders of an overlay. While this object lives the layers stay: it
/// holds a shared lock on each. What is in them is never changed; the executor mounts them read-only under an upper
/// folder of the job's own.
///
/// Mounting: `lower`, first one on top, at `project` (the job's `.git` names places in it by that path); then each of
/// `binds`, read-only, at project/target. Deletions are character devices 0:0, so no extended attribute is needed in
/// the layers, and they stack with and without `userxattr`. All of `lower` lies in `store`: the mount options stay
/// short with that as current folder and the paths relative to it.
struct Layers {
  std::filesystem::path project;             ///< The repository's own path, where the job sees its files.
  std::filesystem::path store;               ///< What all of `lower` lies in.
  std::vector<std::filesystem::path> lower;  ///< Top first, absolute.
  std::vector<Bind> binds;
  std::string commit;                 ///< Its id.
  std::optional<std::string> branch;  ///< The branch that HEAD names in the job; detached where nothing.
  std::string worktree;               ///< The id of the layer with what isn't committed; empty where there is none.
  std::vector<os::FileLock> locks;    ///< Keeps the layers from being dropped.
};

/// The copy rung of the executor: writes what an overlay of the layers would show into `target`, an empty folder. Files
/// are shared with the layers where the file system can (reflink), else copied. Objects are borrowed from the real
/// repository by its path.
Result<> copy_layers(const Layers& layers, const std::filesystem::path& target);

}  // namespace penstock::workspace
