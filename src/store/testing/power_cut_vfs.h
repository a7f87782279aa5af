#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace penstock::testing {

/// An SQLite file layer that knows what a loss of power would leave: what was synced, and of later writes any part. One
/// at a time in a process; used by one thread.
class PowerCutVfs {
 public:
  PowerCutVfs();
  ~PowerCutVfs();
  PowerCutVfs(const PowerCutVfs&) = delete;
  PowerCutVfs& operator=(const PowerCutVfs&) = delete;

  [[nodiscard]] const char* name() const { return "power-cut"; }

  /// From now on nothing reaches the files. Close all connections, then call `restore`.
  void cut();
  /// Puts the files into a state that the loss of power may have left: each unsynced write is there where `survives`
  /// says so.
  void restore(const std::function<bool()>& survives);

  [[nodiscard]] int syncs() const { return syncs_; }

  // For the file layer itself.
  struct File {
    std::string synced;
    bool exists_synced = false;
    std::vector<std::pair<int64_t, std::string>>
        unsynced;  ///< Offset (or -1: cut to the length that follows) and bytes.
  };
  File& file(const std::string& path);
  void sync(const std::string& path);
  void forget(const std::string& path) { files_.erase(path); }
  [[nodiscard]] bool powered() const { return powered_; }

 private:
  std::map<std::string, File> files_;
  bool powered_ = true;
  int syncs_ = 0;
};

}  // namespace penstock::testing
