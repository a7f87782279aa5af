#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "git/location.h"
#include "git/repository.h"

namespace penstock::git {

/// Reads what `git config --null --list --show-scope --show-origin` prints.
std::vector<ConfigEntry> parse_config(std::string_view text);

/// What the configuration depends on, as text that differs whenever one of its files (those that git always reads, and
/// those that `entries` came from) was changed, made or deleted, or a variable that git heeds was.
std::string config_stamp(const Location& location, const std::vector<ConfigEntry>& entries);

/// What `git config` printed when it was kept in `file`; nothing where its stamp differs from today's.
std::optional<std::string> read_kept_config(const std::filesystem::path& file, const Location& location);
void keep_config(const std::filesystem::path& file, const Location& location, const std::string& text);

}  // namespace penstock::git
