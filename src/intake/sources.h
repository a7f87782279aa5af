#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "git/repository.h"
#include "intake/circumstances.h"
#include "plan/dialect.h"

namespace penstock {

class OutsideFiles;

/// The project's files at a commit, or as they lie in the work tree. What `changes` compares with is told in
/// docs/gitlab.md: what a push of this branch would change, else what its last commit did. A file's text is read once.
class RepositorySources : public SourceReader {
 public:
  RepositorySources(const git::Repository& repository, std::string commit, bool worktree)
      : repository_(repository), commit_(std::move(commit)), worktree_(worktree) {}

  /// A file that is not in the commit, or instead of the one there.
  void put(std::string path, std::string text) { files_[std::move(path)] = std::move(text); }
  /// Takes that back.
  void forget(const std::string& path) { files_.erase(path); }
  /// What it is compiled for next, settled.
  void compile_for(const Circumstances& circumstances) { circumstances_ = circumstances; }

  /// Without it nothing from outside of the project is in reach.
  void reach_outside(OutsideFiles& outside) { outside_ = &outside; }

  Result<std::optional<std::string>> read(std::string_view path) override;
  const std::vector<std::string>& paths() override;
  Result<std::optional<std::vector<std::string>>> changed_files(std::string_view compare_to) override;
  Result<FoundProject> project(const OutsideProject& wanted) override;
  Result<std::string> remote(const std::string& url, const std::optional<Digest>& digest) override;
  Result<std::string> template_text(const std::string& name) override;

  /// The commit that `changes` compares with by default; nothing where there is none.
  Result<std::optional<std::string>> base() const;
  /// Files directly in a folder, by name, without asking for the whole project.
  Result<std::vector<std::string>> names_in(const std::string& folder) const;

 private:
  Result<std::optional<std::string>> read_anew(std::string_view path) const;
  Result<std::optional<std::string>> upstream() const;
  /// Where a branch of the project is, as its remote has it, else here.
  std::optional<std::string> tip_of(const std::string& branch) const;

  const git::Repository& repository_;
  std::string commit_;
  bool worktree_;
  Circumstances circumstances_;
  OutsideFiles* outside_ = nullptr;
  std::optional<std::vector<std::string>> paths_;
  std::map<std::string, std::optional<std::string>, std::less<>>
      files_;  ///< What was read: found first, then compiled.
};

}  // namespace penstock
