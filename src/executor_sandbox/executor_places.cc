#include "executor_sandbox/executor_places.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "executor_sandbox/copied_room.h"
#include "executor_sandbox/slot.h"
#include "os/errors.h"
#include "os/files.h"

namespace penstock::sandbox {
namespace {

constexpr const char* kLock = "lock";                // signed by `ci`, held by it and by its small process
constexpr const char* kTemporaryLink = "temporary";  // in the rooms' folder: where their TMPDIRs lie

bool is_gone(int pid) { return ::kill(pid, 0) != 0 && errno == ESRCH; }

/// The lock of an executor's folder where nobody uses that any more. Where `ci` was killed this moment, its small
/// process is still ending what ran: waits for that, so that a job never runs beside its own next attempt.
std::optional<os::FileLock> lock_of_dead(const std::filesystem::path& path) {
  constexpr std::chrono::milliseconds kPause{2};
  constexpr int kMostPauses = 5000;
  for (int pauses = 0; pauses < kMostPauses; ++pauses) {
    Result<std::optional<os::FileLock>> lock = os::FileLock::try_take(path);
    if (!lock.ok()) return std::nullopt;  // the small process has removed it
    if (*lock) return std::move(*lock);
    const std::optional<os::LockHolder> holder = os::holder_of(path);
    if (!holder || !is_gone(holder->pid)) return std::nullopt;
    std::this_thread::sleep_for(kPause);
  }
  return std::nullopt;
}

void remove_dead(const std::filesystem::path& folder) {
  const std::optional<os::FileLock> lock = lock_of_dead(folder / kLock);
  if (!lock) return;
  std::error_code error;
  const std::string temporary = std::filesystem::read_symlink(folder / kTemporaryLink, error);
  if (temporary.find('/', 5) == std::string::npos && is_own_temporary(temporary)) {
    (void)os::remove_tree(temporary).ok();
  }
  const std::string again = std::filesystem::read_symlink(folder / kKeptTemporaryLink, error);
  if (!error && is_own_temporary(std::filesystem::path(again).parent_path())) {
    (void)os::remove_tree(again).ok();
  }
  (void)os::remove_tree(folder).ok();
}

}  // namespace

Result<ExecutorPlaces> make_places(const std::filesystem::path& rooms) {
  PENSTOCK_CHECK(os::ensure_folder(rooms));
  for (;;) {
    char temporary[] = "/tmp/penstock-XXXXXX";  // short: a socket's path below it has 108 bytes
    if (::mkdtemp(temporary) == nullptr) return os::system_error("can't make a folder in /tmp", errno);
    ExecutorPlaces places{std::string(temporary).substr(sizeof "/tmp/penstock-" - 1), temporary, {}};
    const std::filesystem::path folder = rooms / places.name;
    if (::mkdir(folder.c_str(), 0700) != 0) {
      const int error = errno;
      ::rmdir(temporary);
      if (error == EEXIST) continue;
      return os::system_error("can't make " + folder.string(), error);
    }
    Result<os::FileLock> lock = os::FileLock::take(folder / kLock);
    // A sweep may have been quicker than our lock.
    if (!lock.ok() || !lock->sign().ok() || ::symlink(temporary, (folder / kTemporaryLink).c_str()) != 0) {
      ::rmdir(temporary);
      if (::access(folder.c_str(), F_OK) != 0) continue;
      return lock.ok() ? os::system_error("can't make a link in " + folder.string(), errno) : lock.error();
    }
    places.lock.emplace(std::move(*lock));
    return places;
  }
}

void sweep_rooms(const std::filesystem::path& state_folder) {
  const std::filesystem::path rooms = state_folder / "rooms";
  Result<std::vector<os::FolderEntry>> entries = os::list_folder(rooms);
  if (entries.ok()) {
    for (const os::FolderEntry& entry : *entries) {
      if (entry.type == os::FileType::folder && entry.name != "kept") remove_dead(rooms / entry.name);
    }
  }
  sweep_copies((state_folder / "copies").string());
}

}  // namespace penstock::sandbox
