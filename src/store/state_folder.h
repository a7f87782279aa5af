#pragma once

#include <filesystem>
#include <memory>

#include "base/result.h"
#include "store/driver_lease.h"
#include "store/log_store.h"
#include "store/sqlite_store.h"

namespace penstock {

/// Everything that Penstock keeps of one repository on this machine, but for blobs: `state.db`, `logs/`, `locks/`.
struct StateFolder {
  std::filesystem::path folder;
  std::unique_ptr<SqliteStore> store;
  std::unique_ptr<LogStore> logs;
  std::unique_ptr<DriverLeases> leases;          ///< Of runs.
  std::unique_ptr<DriverLeases> rollout_leases;  ///< Of rollouts.
};

/// Opens the folder, which is there. Takes less than half a millisecond.
Result<StateFolder> open_state_folder(const std::filesystem::path& folder);

}  // namespace penstock
