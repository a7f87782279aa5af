#pragma once

#include <sys/types.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/glob.h"
#include "base/result.h"
#include "blobs/tree.h"
#include "os/unique_fd.h"

namespace penstock {

/// Finds the files of a project that patterns of `artifacts` or `cache` name, as gitlab-runner does: doublestar globs,
/// a folder with all that is in it, excludes by path (not recursive). Starts at each pattern's literal part and leaves
/// out what can't match, so it costs what it finds. The project's `.git` is never among it.
class Collector {
 public:
  /// `root` is the project's open folder, `project_folder` its path as the job sees it: absolute patterns below it are
  /// fine.
  Collector(int root, std::string project_folder, LinkRule links);

  Result<> exclude(std::string_view pattern);
  /// How many files, links and folders the pattern has named. An Error where it leads out of the project.
  Result<size_t> add(std::string_view pattern);
  /// Paths that somebody else has found (relative to the project): excludes and links are looked at.
  size_t add_listed(const std::vector<std::string>& paths);

  [[nodiscard]] const std::set<std::string>& paths() const { return paths_; }
  /// What was left out and why, for the log: links that lead out of the project, folders that are mounted in it.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

 private:
  /// Relative, without `.`, `..`, doubled or trailing slashes; an Error where it leads out.
  Result<std::string> relative(std::string_view pattern) const;
  Result<size_t> walk(int folder, const std::string& path, const Glob& glob, int depth);
  Result<size_t> take(int folder, const std::string& name, const std::string& path, int depth);
  Result<size_t> take_below(int folder, const std::string& path, int depth);
  /// Opens a folder to look into. Nothing (and a note) where something else is mounted there: it isn't the project's,
  /// such as a virtual environment of the machine that stands at its own path.
  Result<std::optional<os::UniqueFd>> enter(int folder, const std::string& name, const std::string& path);
  void note(std::string text);
  bool take_one(int folder, const std::string& name, const std::string& path, bool link);
  [[nodiscard]] bool excluded(const std::string& path) const;

  const int root_;
  dev_t device_ = 0;
  const std::string project_folder_;
  const LinkRule links_;
  std::vector<Glob> excludes_;
  std::set<std::string> paths_;
  std::vector<std::string> notes_;
};

}  // namespace penstock
