#include "releases/release_from_files.h"

#include <fcntl.h>

#include <algorithm>
#include <system_error>

#include "blobs/blob_store.h"
#include "blobs/tree.h"
#include "os/unique_fd.h"

namespace penstock {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostFiles = 10'000;

/// The folder of a pattern of paths, as far as it is named: `out/wheels` of `out/wheels/*.whl`.
std::string folder_of(const std::string& wanted) {
  const std::string named = wanted.substr(0, wanted.find_first_of("*?["));
  const size_t slash = named.rfind('/');
  return slash == std::string::npos ? "dist" : named.substr(0, slash);
}

Error outside(const std::string& place) {
  return {Fault::user, "`" + place + "` lies outside the work tree", "name what lies in it: --from dist"};
}

/// Relative to the root, in one way.
Result<std::string> relative_to(const fs::path& root, const std::string& place) {
  const fs::path path = fs::path(place).is_absolute() ? fs::path(place).lexically_relative(root) : fs::path(place);
  std::string text = path.lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  if (text.empty() || text == ".." || text.starts_with("../")) return outside(place);
  return text;
}

Result<> add_files_of(const fs::path& root, const std::string& place, std::vector<std::string>& files) {
  std::error_code problem;
  const fs::file_status status = fs::symlink_status(root / place, problem);
  if (fs::is_regular_file(status)) {
    files.push_back(place);
    return success();
  }
  if (!fs::is_directory(status)) {
    return Error{Fault::user, "there is no `" + place + "` to deploy from",
                 "build first, or name the files or folders: --from PATH"};
  }
  for (fs::recursive_directory_iterator at(root / place, problem), end; !problem && at != end; at.increment(problem)) {
    if (!fs::is_regular_file(at->symlink_status(problem))) continue;
    files.push_back(at->path().lexically_relative(root).string());
    if (files.size() > kMostFiles)
      return Error{Fault::user, "`" + place + "` holds more than 10,000 files", "name those to deploy: --from PATH"};
  }
  if (problem) return Error{Fault::machine, "can't read " + (root / place).string() + ": " + problem.message(), {}};
  return success();
}

}  // namespace

Result<Release> release_from_files(BlobStore& blobs, const fs::path& root, std::vector<std::string> places,
                                   const BuiltFrom& from, const std::string& wanted) {
  if (places.empty()) places = {folder_of(wanted)};
  std::vector<std::string> files;
  for (const std::string& place : places) {
    PENSTOCK_TRY(const std::string path, relative_to(root, place));
    PENSTOCK_CHECK(add_files_of(root, path, files));
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  const os::UniqueFd folder(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  PENSTOCK_TRY(const Tree tree, keep_files(blobs, folder.get(), files));
  Instant newest;
  for (const TreeEntry& entry : tree) newest = std::max(newest, Instant(std::chrono::seconds(entry.modified)));
  PENSTOCK_TRY(const Digest digest, put_tree(blobs, tree));
  return make_release(blobs, {{"", 0, digest, newest}}, from, wanted);
}

}  // namespace penstock
