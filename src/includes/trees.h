#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "git/repository.h"
#include "plan/dialect.h"

namespace penstock {

/// The files of a commit.
class CommitTree : public SourceTree {
 public:
  CommitTree(std::shared_ptr<const git::Repository> repository, std::string commit)
      : repository_(std::move(repository)), commit_(std::move(commit)) {}

  Result<std::optional<std::string>> read(std::string_view path) override;
  const std::vector<std::string>& paths() override;

 private:
  std::shared_ptr<const git::Repository> repository_;
  std::string commit_;
  std::optional<std::vector<std::string>> paths_;
};

/// Digests of files, by path.
using FileDigests = std::map<std::string, Digest, std::less<>>;

/// The files of a folder that is no repository. Remembers what was read; with `locked` nothing else is read than what
/// is in there, unchanged.
class FolderTree : public SourceTree {
 public:
  explicit FolderTree(std::filesystem::path folder, std::optional<FileDigests> locked = std::nullopt)
      : folder_(std::move(folder)), locked_(std::move(locked)) {}

  Result<std::optional<std::string>> read(std::string_view path) override;
  const std::vector<std::string>& paths() override;
  [[nodiscard]] const FileDigests& seen() const { return seen_; }

 private:
  std::filesystem::path folder_;
  std::optional<FileDigests> locked_;
  FileDigests seen_;
  std::optional<std::vector<std::string>> paths_;
};

}  // namespace penstock
