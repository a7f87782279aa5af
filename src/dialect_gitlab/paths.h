#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "dialect_gitlab/scope.h"
#include "plan/dialect.h"

namespace penstock::gitlab {

/// What a pattern of paths is.
enum class PathsBy { glob, regexp };

/// Answers `changes` and `exists`: asks the reader as late and as rarely as possible, and remembers the answers of each
/// pattern.
class PathQuestions {
 public:
  explicit PathQuestions(SourceReader& reader) : reader_(reader) {}

  struct Answer {
    bool yes = false;
    std::string detail;   ///< For `ci why`: `app.py changed`, `none of the 3 changed files (app.py, …) matches`.
    std::string problem;  ///< Why it could not be answered.
  };
  Answer changed(const std::vector<std::string>& patterns, const std::string& compare_to, PathsBy by);
  Answer exists(SourceTree& tree, const std::vector<std::string>& patterns, PathsBy by);

  /// Paths of a project that `include: local` means by a pattern; sorted. GitLab reads it in a way of its own: `**`
  /// is any text, `*` any without `/`, and nothing else is special.
  static std::vector<std::string> included(SourceTree& tree, std::string_view pattern);
  SourceReader& reader() { return reader_; }

 private:
  using Changes = std::optional<std::vector<std::string>>;
  const Result<Changes>& changes_against(const std::string& compare_to);
  const std::string& first_match(const std::string& key, const std::string& pattern,
                                 const std::vector<std::string>& paths, PathsBy by, bool with_folders);

  SourceReader& reader_;
  std::unordered_map<std::string, Result<Changes>> changes_;
  std::unordered_map<std::string, std::string> first_matches_;  // Empty: none matches.
  std::unordered_map<const SourceTree*, size_t> trees_;         // Numbered as they are asked.
};

}  // namespace penstock::gitlab
