#pragma once

#include <string>
#include <vector>

namespace penstock::git {
struct ConfigEntry;
}

namespace penstock::workspace {

/// The text of the configuration file in a job's `.git`: the repository's own entries (user, remotes, filters,
/// credentials, …) without those that describe the real folder or would run something, and what the layers' index
/// needs.
std::string job_config(const std::vector<git::ConfigEntry>& entries);

/// What of the configuration decides how files are written on checkout, as text: layers made under another one can't be
/// used.
std::string checkout_config(const std::vector<git::ConfigEntry>& entries);

}  // namespace penstock::workspace
