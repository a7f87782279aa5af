#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "os/errors.h"
#include "os/files.h"

namespace penstock::os {
namespace {

std::string quoted(const std::filesystem::path& path) { return "`" + path.native() + "`"; }

std::filesystem::path parent_or_usual(const std::filesystem::path& parent) {
  if (!parent.empty()) return parent;
  const char* given = ::getenv("TMPDIR");
  return given != nullptr && *given == '/' ? given : "/tmp";
}

Result<std::filesystem::path> make_folder(const std::filesystem::path& above, std::string_view prefix) {
  std::string pattern = (above / (std::string(prefix) + "XXXXXX")).native();
  if (::mkdtemp(pattern.data()) == nullptr) return system_error("can't make a folder in " + quoted(above), errno);
  return std::filesystem::path(pattern);
}

/// Its lock, where nobody holds it and the folder is ours to open; it ends with our process, however that dies.
UniqueFd lock_of(const std::filesystem::path& folder) {
  UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return {};
  return fd;
}

void sweep(const std::filesystem::path& above, std::string_view prefix) {
  Result<std::vector<FolderEntry>> entries = list_folder(above);
  if (!entries.ok()) return;
  for (const FolderEntry& entry : *entries) {
    if (!entry.name.starts_with(prefix)) continue;
    if (const UniqueFd dead = lock_of(above / entry.name)) (void)remove_tree(above / entry.name);
  }
}

}  // namespace

Result<TempFolder> TempFolder::make(const std::filesystem::path& parent, std::string_view prefix) {
  PENSTOCK_TRY(std::filesystem::path path, make_folder(parent_or_usual(parent), prefix));
  return TempFolder(std::move(path));
}

Result<TempFolder> TempFolder::make_after_dead(std::string_view prefix, const std::filesystem::path& parent) {
  const std::filesystem::path above = parent_or_usual(parent);
  sweep(above, prefix);
  // It gets its name when it is locked: without a lock it would be a dead one's.
  PENSTOCK_TRY(std::filesystem::path path, make_folder(above, "new-" + std::string(prefix)));
  TempFolder made(path);
  made.lock_ = lock_of(path);
  if (!made.lock_) return Error{Fault::machine, "can't lock " + quoted(path), ""};
  std::filesystem::path name = above / path.filename().native().substr(4);
  if (::renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, name.c_str(), RENAME_NOREPLACE) != 0) {
    return system_error("can't make " + quoted(name), errno);
  }
  made.path_ = std::move(name);
  return made;
}

TempFolder::TempFolder(TempFolder&& other) noexcept : path_(other.release()), lock_(std::move(other.lock_)) {}

TempFolder& TempFolder::operator=(TempFolder&& other) noexcept {
  if (this != &other) {
    if (!path_.empty()) (void)remove_tree(path_);
    path_ = other.release();
    lock_ = std::move(other.lock_);
  }
  return *this;
}

TempFolder::~TempFolder() {
  if (!path_.empty()) (void)remove_tree(path_);
}

std::filesystem::path TempFolder::release() {
  std::filesystem::path path = std::move(path_);
  path_.clear();
  return path;
}

}  // namespace penstock::os
