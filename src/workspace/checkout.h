#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace penstock::git {
class Repository;
struct Change;
}  // namespace penstock::git

namespace penstock::workspace {

/// Writes all files of a commit into `tree` (an empty folder) and their index into tree/.git/index, as `git checkout`
/// does: attributes, line ends and filters (LFS) apply; sparse patterns don't; submodules are empty folders. The files'
/// time is set back by two seconds, in the index too: a job that changes a file in the same second as it was written is
/// noticed by `git status`, and nothing is read twice.
Result<> check_out_whole(const git::Repository& repository, const std::string& commit,
                         const std::filesystem::path& tree);

/// Writes into `tree` what differs from the layer below it (whose index is `index_below`): changed files, a character
/// device 0:0 for each file or folder that is gone, and the whole new index.
Result<> check_out_changes(const git::Repository& repository, const std::vector<git::Change>& changes,
                           const std::filesystem::path& index_below, const std::filesystem::path& tree);

/// Whether a thin layer would not show what a fresh checkout does, since how other files are written changed too.
bool changes_attributes(const std::vector<git::Change>& changes);

}  // namespace penstock::workspace
