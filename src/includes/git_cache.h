#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/result.h"
#include "base/time.h"
#include "git/repository.h"
#include "includes/refs.h"
#include "includes/settings.h"
#include "os/environment.h"

namespace penstock {

/// The repository whose `.git` lies in this folder, or that this (bare) folder is; null where it is neither. Others
/// above it are not looked for.
Result<std::shared_ptr<git::Repository>> repository_at(const std::filesystem::path& folder);
/// What its refs stand for.
RefList refs_of(const git::Repository& repository);

/// Commits of other repositories, fetched with `git` into a folder that all projects of a user share: one bare
/// repository an address. Commits never change, so what is there is never asked for again. All that it asks of others
/// takes at most two minutes together.
class GitCache {
 public:
  GitCache(std::filesystem::path folder, const IncludeSettings& settings);

  enum class Which { default_branch, branches_and_tags };
  /// What these refs at an address stand for now; offline: when they were last asked for.
  Result<RefList> refs(const std::string& address, Which which);
  /// A repository that has that commit of the address's.
  Result<std::shared_ptr<git::Repository>> with_commit(const std::string& address, const std::string& commit);

 private:
  [[nodiscard]] std::filesystem::path folder_of(const std::string& address) const;
  Result<std::filesystem::path> prepare(const std::string& address);
  Result<std::string> git(const std::filesystem::path& folder, const std::vector<std::string>& arguments);
  Result<> fetch(const std::filesystem::path& folder, const std::string& address, const std::string& commit);

  std::filesystem::path folder_;
  bool offline_;
  os::Environment environment_;
  Duration left_ = std::chrono::minutes(2);
  std::map<std::pair<std::string, Which>, RefList> refs_;
};

}  // namespace penstock
