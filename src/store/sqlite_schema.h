#pragma once

#include "base/result.h"
#include "store/sqlite_database.h"

namespace penstock {

/// Brings a database that this or an earlier version wrote to this version's form; a new file gets its tables. One
/// query where nothing is to be done.
Result<> prepare_schema(Database& database);

}  // namespace penstock
