#pragma once

#include <filesystem>

#include "base/result.h"
#include "store/sqlite_database.h"

namespace penstock {

/// Brings a database that this or an earlier version wrote to this version's form; a new file gets its tables. One
/// query where nothing is to be done. `file` is where it lies: a lock beside it lets one process at a time do this.
Result<> prepare_schema(Database& database, const std::filesystem::path& file);

}  // namespace penstock
