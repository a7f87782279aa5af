#include "executor_sandbox/kept_rooms.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

#include "executor_sandbox/wire.h"
#include "os/errors.h"
#include "os/files.h"
#include "os/unique_fd.h"
#include "workspace/layers.h"

namespace penstock::sandbox {
namespace {

constexpr const char* kAbout = "/about";
constexpr const char* kLock = "/lock";
constexpr int kDeepest = 200;  // folders: a descriptor each

Error too_large(uint64_t largest) {
  return {Fault::user, "it left more than " + std::to_string(largest >> 20) + " MiB", ""};
}

/// What lies below a folder. Sockets and pipes, which nobody serves any more, are removed: they can't be copied.
Result<> measure(int parent, const std::string& name, int depth, uint64_t largest, uint64_t& bytes) {
  if (depth > kDeepest) return Error{Fault::user, "it left folders that lie too deep", ""};
  const os::UniqueFd folder(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder) return os::system_error("can't look into `" + name + "`", errno);
  PENSTOCK_TRY(const std::vector<os::FolderEntry> entries, os::list_folder(folder.get()));
  for (const os::FolderEntry& entry : entries) {
    struct stat status {};
    if (::fstatat(folder.get(), entry.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISSOCK(status.st_mode) || S_ISFIFO(status.st_mode)) ::unlinkat(folder.get(), entry.name.c_str(), 0);
    bytes += static_cast<uint64_t>(status.st_blocks) * 512;
    if (bytes > largest) return too_large(largest);
    if (S_ISDIR(status.st_mode)) PENSTOCK_CHECK(measure(folder.get(), entry.name, depth + 1, largest, bytes));
  }
  return success();
}

/// TMPDIR may lie on another file system.
Result<> move_temporary(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return success();
  if (errno != EXDEV) return os::system_error("can't put its TMPDIR aside", errno);
  if (::mkdir(to.c_str(), 0700) != 0) return os::system_error("can't make a folder for its TMPDIR", errno);
  workspace::Layers layers;
  layers.lower.emplace_back(from);
  return workspace::copy_layers(layers, to);
}

Result<> fill(const RoomToKeep& room, const std::string& folder) {
  PENSTOCK_TRY(const os::FileLock lock, os::FileLock::take(folder + kLock));  // while it is half-made, nobody drops it
  PENSTOCK_CHECK(os::write_atomically(folder + kAbout, encode(room.rung, room.temporary, room.caches)));
  PENSTOCK_CHECK(move_temporary(room.temporary, folder + "/temporary"));
  if (::rename(room.project.c_str(), (folder + "/project").c_str()) != 0) {
    return os::system_error("can't put its project aside", errno);
  }
  return success();
}

/// What a killed program left: half kept, or half dropped.
Result<> sweep_half_made(const std::string& kept) {
  const Result<std::vector<os::FolderEntry>> entries = os::list_folder(kept);
  if (!entries.ok()) return success();  // nothing was ever kept
  for (const os::FolderEntry& entry : *entries) {
    if (is_name_to_keep(entry.name)) continue;
    const std::string folder = kept + "/" + entry.name;
    const Result<std::optional<os::FileLock>> lock = os::FileLock::try_take(folder + kLock);
    const bool alive = lock.ok() && !lock->has_value();
    if (!alive) PENSTOCK_CHECK(os::remove_tree(folder));
  }
  return success();
}

/// What the file about a room says.
struct About {
  Rung rung{};
  std::string temporary;
  std::vector<std::string> caches;
};

About about_of(const std::string& text) {
  About about;
  decode_into(text, about.rung, about.temporary, about.caches);
  return about;
}

}  // namespace

bool is_name_to_keep(const std::string& name) {
  const auto fits = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  };
  return !name.empty() && name.size() < 100 && std::all_of(name.begin(), name.end(), fits);
}

Result<> keep_files(const RoomToKeep& room) {
  if (!is_name_to_keep(room.name)) return Error{Fault::internal, "`" + room.name + "` is no name for a room", ""};
  uint64_t bytes = 0;
  PENSTOCK_CHECK(measure(AT_FDCWD, room.project, 0, room.largest, bytes));
  PENSTOCK_CHECK(measure(AT_FDCWD, room.temporary, 0, room.largest, bytes));
  // A dot is in no name that is asked for: half-made ones are never found.
  const std::string fresh = "kept/new." + room.name;
  PENSTOCK_CHECK(os::ensure_folder("kept", 0700));
  PENSTOCK_CHECK(os::remove_tree(fresh));
  PENSTOCK_CHECK(os::ensure_folder(fresh, 0700));
  Result<> filled = fill(room, fresh);
  // One that lies there is of a run that was lost with the power, whose numbers are given again.
  PENSTOCK_CHECK(os::remove_tree("kept/" + room.name));
  if (filled.ok() && ::rename(fresh.c_str(), ("kept/" + room.name).c_str()) == 0) return success();
  const int error = errno;
  (void)os::remove_tree(fresh).ok();
  return filled.ok() ? os::system_error("can't put a room aside", error) : filled.error();
}

std::vector<std::string> KeptRooms::names() const {
  std::vector<std::string> names;
  const Result<std::vector<os::FolderEntry>> entries = os::list_folder(folder_);
  if (!entries.ok()) return names;
  std::vector<std::pair<time_t, std::string>> found;
  for (const os::FolderEntry& entry : *entries) {
    struct stat status {};
    if (!is_name_to_keep(entry.name) || ::lstat((folder_ / entry.name).c_str(), &status) != 0) continue;
    found.emplace_back(status.st_mtime, entry.name);
  }
  std::sort(found.rbegin(), found.rend());
  for (auto& [time, name] : found) names.push_back(std::move(name));
  return names;
}

Result<std::optional<KeptRoom>> KeptRooms::hold(const std::string& name) const {
  using Held = std::optional<KeptRoom>;
  const std::string folder = folder_ / name;
  if (!is_name_to_keep(name) || !os::path_exists(folder + kAbout)) return Held();
  PENSTOCK_TRY(std::optional<os::FileLock> lock, os::FileLock::try_take(folder + kLock, os::FileLock::Mode::shared));
  if (!lock) return Held();  // somebody drops it
  PENSTOCK_TRY(const std::string text, os::read_file(folder + kAbout));
  About about = about_of(text);
  return Held({folder, about.rung, std::move(about.temporary), std::move(about.caches), std::move(*lock)});
}

std::set<std::string> KeptRooms::caches() const {
  std::set<std::string> ids;
  for (const std::string& name : names()) {
    const auto text = os::read_file_if_exists((folder_ / name).string() + kAbout);
    if (!text.ok() || !*text) continue;
    const About about = about_of(**text);
    ids.insert(about.caches.begin(), about.caches.end());
  }
  return ids;
}

Result<bool> KeptRooms::drop(const std::string& name) const {
  const std::string folder = folder_ / name;
  if (!is_name_to_keep(name) || !os::path_exists(folder)) return true;
  PENSTOCK_TRY(const std::optional<os::FileLock> lock, os::FileLock::try_take(folder + kLock));
  if (!lock) return false;
  const std::string gone = folder_ / ("gone." + name);
  if (::rename(folder.c_str(), gone.c_str()) != 0) return os::system_error("can't drop " + folder, errno);
  PENSTOCK_CHECK(os::remove_tree(gone));
  return true;
}

Result<> KeptRooms::trim() const {
  PENSTOCK_CHECK(sweep_half_made(folder_));
  const std::vector<std::string> kept = names();
  for (size_t i = 0; i < kept.size(); ++i) {
    struct stat status {};
    const bool old = ::lstat((folder_ / kept[i]).c_str(), &status) == 0 && status.st_mtime + kOldest < ::time(nullptr);
    if (old || i >= kMost) PENSTOCK_CHECK(drop(kept[i]));
  }
  return success();
}

}  // namespace penstock::sandbox
