#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "includes/git_cache.h"
#include "includes/lock_file.h"
#include "includes/project_address.h"
#include "includes/remote_files.h"
#include "includes/settings.h"
#include "plan/dialect.h"

namespace penstock {

/// The project whose pipeline includes: its own files are had without asking anybody.
struct OwnProject {
  SourceTree* tree = nullptr;  ///< At `commit`, or of the work tree.
  const git::Repository* repository = nullptr;
  std::string commit;
  ProjectAddress address;
  /// That HEAD is on: a pipeline is compiled as if it were pushed, so this branch is what is here.
  std::string branch = {};
};

/// What a lock holds: all that may be used, or only that some things stay what they are.
enum class LockUse { everything, some };

/// Files from outside of a project: where they come from by the user's settings and the project's lock, and what of
/// them was used.
class OutsideFiles {
 public:
  /// `cache` is a folder; with a `lock` of everything nothing is used but what it holds.
  OutsideFiles(OwnProject own, IncludeSettings settings, const std::filesystem::path& cache,
               std::optional<LockFile> lock, LockUse lock_use = LockUse::everything);

  Result<FoundProject> project(const OutsideProject& wanted);
  Result<std::string> remote(const std::string& url, const std::optional<Digest>& digest);
  Result<std::string> template_text(const std::string& name);

  [[nodiscard]] const std::optional<LockFile>& lock() const { return lock_; }
  /// What was asked for so far, with what it was.
  [[nodiscard]] LockFile used() const;

 private:
  struct Search;
  Result<FoundProject> find(Search& search);
  [[nodiscard]] bool is_what_is_compiled(const OutsideProject& wanted) const;
  bool find_own(Search& search);
  Result<bool> find_in_mirror(Search& search, const std::filesystem::path& mirror);
  Result<bool> find_at(Search& search, const std::filesystem::path& folder);
  bool find_remote(Search& search, const std::string& address);
  void take(Search& search, std::shared_ptr<const git::Repository> repository, const std::string& commit,
            const std::string& version);
  [[nodiscard]] bool is_own_server(const std::string& host) const;
  [[nodiscard]] std::vector<std::string> addresses_of(const OutsideProject& wanted) const;
  Result<std::string> take_remote(const std::string& url, const std::optional<Digest>& digest);
  Result<const Pin*> pin_of(Pin::Kind kind, const std::string& name) const;

  OwnProject own_;
  IncludeSettings settings_;
  GitCache repositories_;
  RemoteFiles remotes_;
  std::optional<LockFile> lock_;
  LockUse lock_use_;
  LockFile used_;
  std::vector<std::unique_ptr<SourceTree>> trees_;
  std::map<std::string, const FolderTree*> folders_;  ///< By the pin's name.
  std::map<std::string, Result<FoundProject>> known_;
  std::map<std::string, Result<std::string>> texts_;  ///< Of addresses.
};

}  // namespace penstock
