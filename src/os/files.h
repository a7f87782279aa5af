#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/unique_fd.h"

namespace penstock::os {

/// The bytes of a regular file (symbolic links are followed). Larger than `limit` bytes is an error, and so is anything
/// that isn't a regular file: a FIFO never blocks the caller.
Result<std::string> read_file(const std::filesystem::path& path, size_t limit = size_t{1} << 30);

/// As read_file; nothing where no such file is.
Result<std::optional<std::string>> read_file_if_exists(const std::filesystem::path& path,
                                                       size_t limit = size_t{1} << 30);

enum class Durability {
  crash_safe,  ///< Survives `kill -9` of this program.
  power_safe,  ///< Synced, the folder too, before the call returns: survives a power cut.
};

/// Replaces `path` as a whole or not at all: writes a new file beside it and renames. The folder must exist.
Result<> write_atomically(const std::filesystem::path& path, std::string_view content,
                          Durability durability = Durability::crash_safe, mode_t mode = 0644);

/// Writes all of `bytes`, however often the system takes less. A pipe whose reader is gone gives an error, never
/// SIGPIPE.
Result<> write_all(int fd, std::string_view bytes);

/// Reads to the end; more than `limit` bytes is an error.
Result<std::string> read_all(int fd, size_t limit = size_t{1} << 30);

/// Whether anything is at `path`, a symbolic link that leads nowhere too; false where that can't be seen.
bool path_exists(const std::filesystem::path& path);

/// Makes the folder and its missing parents. One that exists is left as it is.
Result<> ensure_folder(const std::filesystem::path& path, mode_t mode = 0755);

/// Syncs a folder's entries: after a rename that must survive a power cut.
Result<> sync_folder(const std::filesystem::path& path);

enum class FileType { regular, folder, link, other };

struct FolderEntry {
  std::string name;
  FileType type = FileType::other;
};

/// What lies in a folder, without `.` and `..`, sorted by name.
Result<std::vector<FolderEntry>> list_folder(const std::filesystem::path& path);
/// The same for an open folder. Its read position is left anywhere.
Result<std::vector<FolderEntry>> list_folder(int folder_fd);

/// Removes a file or a whole tree; nothing there is fine. Never follows a symbolic link, never enters another file
/// system that is mounted below, never climbs out though somebody moves folders about meanwhile. Folders without
/// permission bits (such as overlay's work/work) are opened up first. Depth is limited by neither stack nor
/// descriptors. Goes on past what can't be removed, then reports the first such.
Result<> remove_tree(const std::filesystem::path& path);

/// A fresh folder (mode 0700) that is removed with this object.
class TempFolder {
 public:
  /// Below `parent`, or below $TMPDIR (else /tmp) where that is empty.
  static Result<TempFolder> make(const std::filesystem::path& parent = {}, std::string_view prefix = "penstock-");
  /// The same, after removing those of this prefix whose process was killed: living ones are locked. No others may
  /// have names that begin so.
  static Result<TempFolder> make_after_dead(std::string_view prefix, const std::filesystem::path& parent = {});
  TempFolder(TempFolder&& other) noexcept;
  TempFolder& operator=(TempFolder&& other) noexcept;
  ~TempFolder();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Keeps the folder: the caller removes it.
  std::filesystem::path release();

 private:
  explicit TempFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
  UniqueFd lock_;
};

}  // namespace penstock::os
