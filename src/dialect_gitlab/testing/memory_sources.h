#pragma once

#include <map>
#include <string>
#include <vector>

#include "plan/dialect.h"

namespace penstock::gitlab {

/// A project's files, in memory.
class MemoryTree : public SourceTree {
 public:
  std::map<std::string, std::string> files;

  Result<std::optional<std::string>> read(std::string_view path) override;
  const std::vector<std::string>& paths() override;

 private:
  std::vector<std::string> paths_;
};

/// A project of files in memory, and what lies outside of it.
class MemorySources : public SourceReader {
 public:
  std::map<std::string, MemoryTree> projects;  ///< By `path@ref`, of a component with its host: `host/path@ref`.
  std::map<std::string, std::string> remotes;
  std::map<std::string, std::string> templates;
  std::string version;  ///< What a component's ref stands for.
  Result<FoundProject> project(const OutsideProject& wanted) override;
  Result<std::string> remote(const std::string& url, const std::optional<Digest>& digest) override;
  Result<std::string> template_text(const std::string& name) override;

  std::map<std::string, std::string> files;
  std::optional<std::vector<std::string>> changed;  ///< Nothing: there is nothing to compare with.
  int asked_for_changes = 0;

  Result<std::optional<std::string>> read(std::string_view path) override;
  const std::vector<std::string>& paths() override;
  Result<std::optional<std::vector<std::string>>> changed_files(std::string_view compare_to) override;

 private:
  std::vector<std::string> paths_;
};

/// The predefined variables of a push of branch `main`.
Variables push_variables();

/// A push of `main` and of another branch, that one's merge request, a tag.
std::vector<PipelineKind> pipeline_kinds();

/// Compiles `text` as `.gitlab-ci.yml` of a project that holds nothing else.
CompileResult compile_text(const std::string& text);

}  // namespace penstock::gitlab
