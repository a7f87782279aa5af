#include "target_commands/release_folder.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "blobs/blob_store.h"
#include "os/errors.h"
#include "os/files.h"
#include "os/unique_fd.h"

namespace penstock {
namespace {

bool is_file_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

Result<> check_names(const Release& release) {
  const auto check = [](const std::string& name) -> Result<> {
    if (is_file_name(name)) return success();
    return Error{Fault::user, "`" + name + "` can't be a file of a release", ""};
  };
  PENSTOCK_CHECK(check(release.id));
  for (const ReleaseFile& file : release.artifacts) PENSTOCK_CHECK(check(file.name));
  for (const ResolvedDependencies& one : release.dependencies) {
    PENSTOCK_CHECK(check(one.interpreter));
    for (const ReleaseFile& file : one.wheels) PENSTOCK_CHECK(check(file.name));
  }
  return success();
}

}  // namespace

Result<> ReleaseFolder::lay_out(const Release& release) {
  PENSTOCK_CHECK(check_names(release));
  const std::lock_guard lock(mutex_);
  const std::filesystem::path folder = of(release.id);
  PENSTOCK_CHECK(os::ensure_folder(folder));
  for (const ReleaseFile& file : release.artifacts) PENSTOCK_CHECK(lay_out_file(file, folder));
  for (const ResolvedDependencies& one : release.dependencies) {
    const std::filesystem::path wheels = folder / "dependencies" / one.interpreter;
    PENSTOCK_CHECK(os::ensure_folder(wheels));
    for (const ReleaseFile& file : one.wheels) PENSTOCK_CHECK(lay_out_file(file, wheels));
  }
  return success();
}

Result<> ReleaseFolder::lay_out_file(const ReleaseFile& file, const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / file.name;
  if (os::path_exists(path)) {
    PENSTOCK_TRY(const std::string content, os::read_file(path));
    if (sha256(content) == file.digest) return success();
  }
  const std::filesystem::path beside = folder / (file.name + ".new");
  {
    const os::UniqueFd out(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!out) return os::system_error("can't write " + beside.string(), errno);
    // The store compares what it reads with the digest.
    PENSTOCK_CHECK(blobs_.read(file.digest, [&](std::string_view piece) { return os::write_all(out.get(), piece); }));
  }
  if (std::rename(beside.c_str(), path.c_str()) != 0) return os::system_error("can't write " + path.string(), errno);
  return success();
}

Result<> ReleaseFolder::tidy(const std::vector<std::string>& keep) {
  const std::lock_guard lock(mutex_);
  if (!os::path_exists(folder_)) return success();
  PENSTOCK_TRY(const std::vector<os::FolderEntry> entries, os::list_folder(folder_));
  for (const os::FolderEntry& entry : entries) {
    if (std::find(keep.begin(), keep.end(), entry.name) == keep.end()) {
      PENSTOCK_CHECK(os::remove_tree(folder_ / entry.name));
    }
  }
  return success();
}

}  // namespace penstock
