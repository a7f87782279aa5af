#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/job_result.h"

namespace penstock {

/// Hands a report over in pieces, to whoever reads it.
using PieceSource = std::function<Result<>(const std::function<Result<>(std::string_view piece)>& take)>;

/// Whether a file of that path (relative) is in the project: pytest names classes, and only the files tell which part
/// is the module.
using FileExists = std::function<bool(const std::string& path)>;

/// Reads one JUnit XML report and adds it to `tests`; left as it was where the report is no good.
Result<> read_junit(const PieceSource& source, const FileExists& exists, TestSummary& tests);

}  // namespace penstock
