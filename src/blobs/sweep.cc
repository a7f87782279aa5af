#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "blobs/blob_folder.h"
#include "blobs/folder_blob_store.h"
#include "os/errors.h"
#include "os/files.h"
#include "os/unique_fd.h"

namespace penstock {
namespace {

Instant modified_at(const struct stat& status) {
  return Instant(std::chrono::duration_cast<Duration>(std::chrono::seconds(status.st_mtim.tv_sec) +
                                                      std::chrono::nanoseconds(status.st_mtim.tv_nsec)));
}

/// Takes the blob out of sight first and looks at it again, so that one which a writer has found and relied upon in
/// between comes back.
bool remove_unused(int folder, const StoredBlob& blob, Instant unused_since) {
  const std::string path = blob_path(blob.digest);
  const std::string aside = std::string(kUnfinishedFolder) + "/" + to_hex(blob.digest);
  if (::renameat(folder, path.c_str(), folder, aside.c_str()) != 0) return false;
  struct stat status {};
  if (::fstatat(folder, aside.c_str(), &status, 0) == 0 && modified_at(status) >= unused_since) {
    ::renameat(folder, aside.c_str(), folder, path.c_str());
    return false;
  }
  return ::unlinkat(folder, aside.c_str(), 0) == 0;
}

void remove_unfinished(int folder, Instant unused_since) {
  const os::UniqueFd fd(::openat(folder, kUnfinishedFolder, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return;
  const auto entries = os::list_folder(fd.get());
  if (!entries.ok()) return;
  for (const os::FolderEntry& entry : *entries) {
    struct stat status {};
    if (::fstatat(fd.get(), entry.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        modified_at(status) < unused_since) {
      ::unlinkat(fd.get(), entry.name.c_str(), 0);
    }
  }
}

Result<> list_sub_folder(int folder, const std::string& name, std::vector<StoredBlob>& blobs) {
  const os::UniqueFd fd(::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return success();
  PENSTOCK_TRY(const auto entries, os::list_folder(fd.get()));
  for (const os::FolderEntry& entry : entries) {
    const auto digest = digest_of_blob(name, entry.name);
    struct stat status {};
    if (!digest || ::fstatat(fd.get(), entry.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    blobs.push_back({*digest, static_cast<uint64_t>(status.st_size), modified_at(status)});
  }
  return success();
}

}  // namespace

Result<std::vector<StoredBlob>> list_blobs(const std::filesystem::path& folder) {
  const os::UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return os::system_error("can't open `" + folder.native() + "`", errno);
  PENSTOCK_TRY(const auto entries, os::list_folder(fd.get()));
  std::vector<StoredBlob> blobs;
  for (const os::FolderEntry& entry : entries) {
    if (entry.name.size() == 2) PENSTOCK_CHECK(list_sub_folder(fd.get(), entry.name, blobs));
  }
  return blobs;
}

Result<Swept> sweep_blobs(const std::filesystem::path& folder, const std::set<Digest>& keep, Instant unused_since) {
  PENSTOCK_TRY(const auto blobs, list_blobs(folder));
  const os::UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return os::system_error("can't open `" + folder.native() + "`", errno);
  remove_unfinished(fd.get(), unused_since);
  Swept swept;
  for (const StoredBlob& blob : blobs) {
    const bool unused = blob.used_at < unused_since && !keep.contains(blob.digest);
    const bool removed = unused && remove_unused(fd.get(), blob, unused_since);
    (removed ? swept.removed : swept.kept) += 1;
    (removed ? swept.removed_bytes : swept.kept_bytes) += blob.bytes;
  }
  return swept;
}

}  // namespace penstock
