#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "workspace/layers.h"

namespace penstock::git {
class Repository;
}

namespace penstock::workspace {

/// GitLab's GIT_SUBMODULE_STRATEGY.
enum class Submodules { none, normal, recursive };

/// Which copy of the project a job wants.
struct Checkout {
  std::string commit;  ///< A commit's full id.
  std::optional<std::string>
      branch;  ///< The branch that HEAD shall name, without `refs/heads/`; detached where nothing.
  Submodules submodules = Submodules::none;
};

/// A repository's checkouts, shared by all its runs, as layers below one folder:
///
///   ID/tree/…    the files, with .git/index; ID is the commit for a whole checkout or a thin layer, or names what else
///   it holds ID/stack     the ids of the layers below it, nearest first ID/lock      flock: shared while a run uses
///   it, exclusive to drop it new-…        half-made or half-dropped: never used, removed by collect
///
/// The first commit is checked out whole; a later one becomes a thin layer of what changed since an earlier checkout,
/// so its cost is that of the change. After 8 thin layers the next one is made against the whole checkout again, which
/// merges them; where more than half of the files changed, or a .gitattributes did (it decides how other files are
/// written), there is a new whole checkout. Several processes may use one store at once.
class LayerStore {
 public:
  /// `folder` is made when needed. The repository must outlive the store.
  LayerStore(std::filesystem::path folder, const git::Repository& repository);

  /// The layers of a commit, made where they are missing.
  Result<Layers> prepare(const Checkout& checkout) const;

  /// `base` (HEAD's layers) with the uncommitted changes and the files that are neither tracked nor ignored on top:
  /// `--worktree`. That layer is for one run, which goes on with it later by its id (Layers::worktree).
  Result<Layers> prepare_worktree(Layers base) const;

  /// `base` with such a layer that was made before. An Error where it is gone.
  Result<Layers> hold_worktree(Layers base, const std::string& id) const;

  /// Drops what nobody uses: half-made layers, layers of `--worktree` but those of `worktrees` (of runs that may go
  /// on), and all but the `keep` most recently used commits with what they stand on. Call it when nobody waits: a whole
  /// checkout takes a while to remove.
  Result<> collect(const std::set<std::string>& worktrees = {}, size_t keep = 8) const;

 private:
  std::filesystem::path folder_;
  const git::Repository& repository_;
};

}  // namespace penstock::workspace
