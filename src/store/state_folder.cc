#include "store/state_folder.h"

#include "store/folder_log_store.h"

namespace penstock {

Result<StateFolder> open_state_folder(const std::filesystem::path& folder) {
  StateFolder state;
  state.folder = folder;
  PENSTOCK_TRY(state.store, open_sqlite_store(folder / "state.db"));
  state.logs = open_folder_log_store(folder / "logs");
  state.leases = open_folder_leases(folder / "locks");
  state.rollout_leases = open_folder_leases(folder / "locks" / "rollouts");
  return state;
}

}  // namespace penstock
