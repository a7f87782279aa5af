#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "os/unique_fd.h"

namespace penstock::workspace {

/// Writes into a layer's tree by paths that come from a repository. It never follows a symbolic link and never leaves
/// the tree; a path with a component that no checkout may have (`..`, `.git`) is an error.
class TreeWriter {
 public:
  static Result<TreeWriter> open(const std::filesystem::path& tree);

  /// The folder that `path` lies in, made with its parents where `make` says so; invalid where it isn't there, or is no
  /// folder.
  Result<os::UniqueFd> parent_of(std::string_view path, bool make) const;
  /// Marks `path` as deleted from the layers below, unless the tree has something there.
  Result<> whiteout(std::string_view path) const;
  Result<> make_folder(std::string_view path) const;
  /// What is at `path`, a link itself; nothing where nothing is.
  Result<std::optional<struct stat>> look(std::string_view path) const;
  /// Sets the time of last change.
  Result<> set_time(std::string_view path, timespec time) const;

 private:
  explicit TreeWriter(os::UniqueFd tree) : tree_(std::move(tree)) {}
  os::UniqueFd tree_;
};

/// Whether a repository's path may be written to a work tree.
bool is_writable_path(std::string_view path);

}  // namespace penstock::workspace
