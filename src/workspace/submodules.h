#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "workspace/layers.h"

namespace penstock::git {
class Repository;
}

namespace penstock::workspace {

/// One submodule of a commit, found on this machine.
struct Submodule {
  std::string name;    ///< In .gitmodules.
  std::string path;    ///< Below the outermost project.
  std::string commit;  ///< What the project's commit names.
  std::string git;     ///< Where its git folder lies in a job, below the outermost `.git`: `modules/NAME`.
  std::shared_ptr<const git::Repository> repository;
};

struct SubmoduleTree {
  std::vector<Submodule> modules;  ///< Outer ones before those in them.

  /// Text that differs when what would be checked out does.
  [[nodiscard]] std::string identity() const;
};

/// The submodules that a commit names, with theirs when `recursive`. One whose repository or commit isn't here is an
/// error that says how to get it: nothing is fetched behind the user's back.
Result<SubmoduleTree> find_submodules(const git::Repository& repository, const std::string& commit, bool recursive);

/// Writes the files and the `.git` of each into a layer's tree.
Result<> check_out_submodules(const SubmoduleTree& tree, const std::filesystem::path& project,
                              const std::filesystem::path& target);

/// Their object folders.
Result<> add_submodule_binds(const SubmoduleTree& tree, const std::filesystem::path& project, std::vector<Bind>& binds);

}  // namespace penstock::workspace
