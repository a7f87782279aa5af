#pragma once

#include <filesystem>
#include <memory>

#include "base/result.h"
#include "store/content_index.h"
#include "store/delivery_store.h"
#include "store/run_history.h"
#include "store/run_store.h"

namespace penstock {

/// All records of one repository in one SQLite file. Thread-safe; several processes may have it open.
class SqliteStore : public RunStore,
                    public RunHistory,
                    public EnvironmentHistory,
                    public ArtifactIndex,
                    public CacheIndex,
                    public RolloutStore,
                    public ReleaseStore,
                    public JournalCache,
                    public MeasureCache {};

struct SqliteOptions {
  /// The SQLite file layer to use; null: the system's. Tests cut the power with one of their own.
  const char* vfs = nullptr;
};

/// Opens `file`, made where it is missing (its folder must exist). One that a later version wrote is refused with what
/// to do.
Result<std::unique_ptr<SqliteStore>> open_sqlite_store(const std::filesystem::path& file,
                                                       const SqliteOptions& options = {});

}  // namespace penstock
