#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "os/files.h"
#include "runner/executor.h"

namespace penstock {

/// A small honest world without namespaces: each room is a fresh temporary folder with `project/` and `tmp/` in it, its
/// shells are real bash processes in a group of their own. It misbehaves on request. Set it up before it is used;
/// `open` is thread-safe.
class FakeExecutor final : public Executor {
 public:
  std::map<std::string, std::string> files;  ///< What a project holds, by path.
  std::string base_path = "/usr/local/bin:/usr/bin:/bin";
  std::vector<std::string> notices;
  std::optional<Error> open_error;         ///< What `open` fails with.
  std::optional<Error> run_error;          ///< What every `run` fails with.
  std::vector<std::string> out_of_memory;  ///< Jobs whose script ends so.

  std::function<void(const JobSpec&)> on_open;  ///< Called with what a room is asked for.

  Result<std::unique_ptr<Room>> open(const JobSpec& spec) override;
  Result<std::unique_ptr<Room>> open_kept(const JobSpec& spec, const std::string& name) override;

  [[nodiscard]] int rooms_opened() const { return opened_; }
  /// Rooms that stand now: 0 when every job has ended.
  [[nodiscard]] int rooms_standing() const { return standing_; }
  /// The names under which rooms were kept.
  [[nodiscard]] std::vector<std::string> kept() const;
  void keep(const std::string& name, os::TempFolder folder);

 private:
  std::atomic<int> opened_{0};
  std::atomic<int> standing_{0};
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, os::TempFolder> kept_;
};

}  // namespace penstock
