#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "os/files.h"

namespace penstock::git {

/// A real repository in a temporary folder, made and changed with the real git. The machine's and the user's git
/// configuration don't reach it; dates are fixed, so that the same steps give the same ids. A step that fails throws
/// (it is a mistake in the test).
class ScratchRepository {
 public:
  /// `options` are handed to `git init`. The branch is `main`, the author Ada Test <ada@example.com>.
  explicit ScratchRepository(std::initializer_list<std::string> options = {});

  /// Canonical.
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// A folder beside the repository that goes with it, for clones and work trees.
  [[nodiscard]] const std::filesystem::path& outside() const { return outside_; }

  /// Writes a file, with its folders.
  void write(std::string_view name, std::string_view content);
  /// Runs git in the repository; what it printed, without the last line break.
  std::string git(const std::vector<std::string>& arguments);
  /// Commits all that is there; the commit's id.
  std::string commit(const std::string& message = "a change");

 private:
  os::TempFolder folder_;
  std::filesystem::path path_;
  std::filesystem::path outside_;
  int commits_ = 0;
};

/// Runs git anywhere, isolated in the same way; what it printed, without the last line break. Throws where it fails.
std::string run_git(const std::filesystem::path& folder, const std::vector<std::string>& arguments);

/// Keeps the machine's and the user's git configuration away from everything in this process; done by
/// ScratchRepository.
void isolate_git();

}  // namespace penstock::git
