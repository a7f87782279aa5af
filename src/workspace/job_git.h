#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "workspace/layers.h"

namespace penstock::git {
class Repository;
}

namespace penstock::workspace {

/// The `.git` folder that a job sees, but for its index: as data, so that its digest can name the layer that holds it.
struct JobGit {
  std::vector<std::pair<std::string, std::string>> files;  ///< Path below `.git` → content.
  std::vector<std::string> folders;                        ///< Empty ones.
  /// What lies outside and is mounted in; targets are relative to `.git`.
  std::vector<Bind> binds;
};

/// HEAD on `branch` (detached where nothing) at `commit`; the repository's refs; its configuration without what would
/// run a hook, look for files elsewhere or start maintenance; its objects borrowed through a bind at
/// `.git/shared/objects`. `project` is where the job sees the repository: object folders in there would be hidden and
/// are bound too.
Result<JobGit> describe_job_git(const git::Repository& repository, const std::string& commit,
                                const std::optional<std::string>& branch, const std::filesystem::path& project,
                                const std::filesystem::path& place);

/// Writes it into a `.git` folder, which is made.
Result<> write_job_git(const JobGit& git, const std::filesystem::path& folder);

}  // namespace penstock::workspace
