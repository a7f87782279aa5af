#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "os/lock.h"

namespace penstock::sandbox {

/// An executor's own folders, locked for as long as it, or its zygote, lives.
struct ExecutorPlaces {
  std::string name;       ///< Of its folder in `rooms`.
  std::string temporary;  ///< Where its jobs' TMPDIRs lie: short, absolute.
  std::optional<os::FileLock> lock;
};
Result<ExecutorPlaces> make_places(const std::filesystem::path& rooms);

/// Removes what executors left below their state folder that died with their zygote; see SandboxExecutor::sweep.
void sweep_rooms(const std::filesystem::path& state_folder);

}  // namespace penstock::sandbox
