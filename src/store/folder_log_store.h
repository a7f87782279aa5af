#pragma once

#include <filesystem>
#include <memory>

#include "store/log_store.h"

namespace penstock {

/// Logs as files: `FOLDER/RUN/ID.log`. Folders are made when the first log is written. Thread-safe.
std::unique_ptr<LogStore> open_folder_log_store(const std::filesystem::path& folder);

}  // namespace penstock
