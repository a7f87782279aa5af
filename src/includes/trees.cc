#include "includes/trees.h"

#include <algorithm>

#include "os/files.h"

namespace penstock {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLargestSource = size_t{16} << 20;
constexpr size_t kMostPaths = 100'000;

}  // namespace

Result<std::optional<std::string>> CommitTree::read(std::string_view path) {
  return repository_->read_file(commit_, path);
}

const std::vector<std::string>& CommitTree::paths() {
  if (paths_) return *paths_;
  paths_.emplace();
  if (Result<std::vector<std::string>> files = repository_->files(commit_)) paths_ = std::move(*files);
  std::sort(paths_->begin(), paths_->end());
  return *paths_;
}

Result<std::optional<std::string>> FolderTree::read(std::string_view path) {
  const fs::path file = folder_ / path;
  std::error_code missing;
  std::optional<std::string> text;
  if (fs::is_regular_file(file, missing)) {
    PENSTOCK_TRY(text, os::read_file_if_exists(file, kLargestSource));
  }
  if (!text) return text;
  const Digest digest = sha256(*text);
  if (locked_) {
    const auto known = locked_->find(path);
    if (known == locked_->end() || known->second != digest) {
      return Error{Fault::user,
                   std::string(known == locked_->end() ? "it isn't in " : "it has changed since ") + "`.ci/lock.json`" +
                       (known == locked_->end() ? "" : " was written"),
                   "see what changed, and take it, with: ci lock --update"};
    }
  }
  seen_.insert_or_assign(std::string(path), digest);
  return text;
}

const std::vector<std::string>& FolderTree::paths() {
  if (paths_) return *paths_;
  paths_.emplace();
  std::error_code problem;
  fs::recursive_directory_iterator at(folder_, fs::directory_options::skip_permission_denied, problem);
  for (; !problem && at != fs::recursive_directory_iterator() && paths_->size() < kMostPaths; at.increment(problem)) {
    if (at->path().filename() == ".git") at.disable_recursion_pending();
    if (at->is_regular_file(problem)) paths_->push_back(fs::path(at->path()).lexically_relative(folder_).native());
  }
  std::sort(paths_->begin(), paths_->end());
  return *paths_;
}

}  // namespace penstock
