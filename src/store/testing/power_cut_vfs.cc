#include "store/testing/power_cut_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "os/files.h"

namespace penstock::testing {
namespace {

PowerCutVfs* current = nullptr;

/// Ours in front, the system's file behind it in the same block.
struct OurFile {
  sqlite3_file base;
  const char* path;
  bool tracked;
};

sqlite3_file* real(sqlite3_file* file) { return reinterpret_cast<sqlite3_file*>(reinterpret_cast<OurFile*>(file) + 1); }
OurFile* ours(sqlite3_file* file) { return reinterpret_cast<OurFile*>(file); }
sqlite3_vfs* system_vfs(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }

int close_file(sqlite3_file* file) { return real(file)->pMethods->xClose(real(file)); }
int read_file(sqlite3_file* file, void* to, int count, sqlite3_int64 at) {
  return real(file)->pMethods->xRead(real(file), to, count, at);
}
int write_file(sqlite3_file* file, const void* from, int count, sqlite3_int64 at) {
  if (!current->powered()) return SQLITE_OK;
  if (ours(file)->tracked) {
    current->file(ours(file)->path)
        .unsynced.emplace_back(at, std::string(static_cast<const char*>(from), static_cast<size_t>(count)));
  }
  return real(file)->pMethods->xWrite(real(file), from, count, at);
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  if (!current->powered()) return SQLITE_OK;
  if (ours(file)->tracked) current->file(ours(file)->path).unsynced.emplace_back(-1, std::to_string(size));
  return real(file)->pMethods->xTruncate(real(file), size);
}
int sync_file(sqlite3_file* file, int flags) {
  if (!current->powered()) return SQLITE_OK;
  if (ours(file)->tracked) current->sync(ours(file)->path);
  return real(file)->pMethods->xSync(real(file), flags);
}
int file_size(sqlite3_file* file, sqlite3_int64* size) { return real(file)->pMethods->xFileSize(real(file), size); }
int lock_file(sqlite3_file* file, int level) { return real(file)->pMethods->xLock(real(file), level); }
int unlock_file(sqlite3_file* file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
int check_lock(sqlite3_file* file, int* out) { return real(file)->pMethods->xCheckReservedLock(real(file), out); }
int control(sqlite3_file* file, int what, void* argument) {
  return real(file)->pMethods->xFileControl(real(file), what, argument);
}
int sector_size(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
int device_traits(sqlite3_file* file) { return real(file)->pMethods->xDeviceCharacteristics(real(file)); }
int map_memory(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return real(file)->pMethods->xShmMap(real(file), page, size, extend, out);
}
int lock_memory(sqlite3_file* file, int offset, int count, int flags) {
  return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
void fence(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }
int unmap_memory(sqlite3_file* file, int remove) { return real(file)->pMethods->xShmUnmap(real(file), remove); }

const sqlite3_io_methods kMethods = {2,         close_file,   read_file,     write_file,  truncate_file,
                                     sync_file, file_size,    lock_file,     unlock_file, check_lock,
                                     control,   sector_size,  device_traits, map_memory,  lock_memory,
                                     fence,     unmap_memory, nullptr,       nullptr};

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out) {
  ours(file)->base.pMethods = nullptr;
  ours(file)->path = path;
  ours(file)->tracked = path != nullptr;
  const int code = system_vfs(vfs)->xOpen(system_vfs(vfs), path, real(file), flags, out);
  if (code == SQLITE_OK) ours(file)->base.pMethods = &kMethods;
  return code;
}

int delete_file(sqlite3_vfs* vfs, const char* path, int sync_folder) {
  if (!current->powered()) return SQLITE_OK;
  current->forget(path);
  return system_vfs(vfs)->xDelete(system_vfs(vfs), path, sync_folder);
}

sqlite3_vfs our_vfs;

std::string content_of(const std::string& path) {
  Result<std::string> content = os::read_file(path);
  return content.ok() ? *std::move(content) : "";
}

}  // namespace

PowerCutVfs::PowerCutVfs() {
  current = this;
  sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
  our_vfs = *system;  // all that isn't about files' content stays the system's
  our_vfs.zName = name();
  our_vfs.pAppData = system;
  our_vfs.szOsFile = static_cast<int>(sizeof(OurFile)) + system->szOsFile;
  our_vfs.xOpen = open_file;
  our_vfs.xDelete = delete_file;
  sqlite3_vfs_register(&our_vfs, 0);
}

PowerCutVfs::~PowerCutVfs() {
  sqlite3_vfs_unregister(&our_vfs);
  current = nullptr;
}

PowerCutVfs::File& PowerCutVfs::file(const std::string& path) { return files_[path]; }

void PowerCutVfs::sync(const std::string& path) {
  ++syncs_;
  File& synced = file(path);
  synced.synced = content_of(path);
  synced.exists_synced = true;
  synced.unsynced.clear();
}

void PowerCutVfs::cut() { powered_ = false; }

void PowerCutVfs::restore(const std::function<bool()>& survives) {
  for (auto& [path, file] : files_) {
    std::string content = file.synced;
    bool exists = file.exists_synced;
    for (const auto& [offset, bytes] : file.unsynced) {
      if (!survives()) continue;
      exists = true;
      if (offset < 0) {
        content.resize(std::stoull(bytes));
        continue;
      }
      const auto at = static_cast<size_t>(offset);
      if (content.size() < at + bytes.size()) content.resize(at + bytes.size());
      content.replace(at, bytes.size(), bytes);
    }
    file = {content, exists, {}};
    if (exists) {
      std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    } else {
      std::filesystem::remove(path);
    }
    std::filesystem::remove(path + "-shm");  // shared memory is never on the disk
  }
  powered_ = true;
}

}  // namespace penstock::testing
