#pragma once

#include <string>

#include "workspace/layers.h"

namespace penstock::workspace {

/// Whether this machine and user can mount what JobView mounts.
bool can_mount(const std::filesystem::path& folder);

/// Runs a shell script as a job would see the layers: an overlay at the project's own path, in namespaces of its own,
/// gone afterwards. What it printed on both outputs, without the last line break; a failure adds a line `exit status
/// N`.
std::string in_overlay(const Layers& layers, const std::string& script);

/// The same on plain copies: the project lies in a temporary folder.
std::string in_copy(const Layers& layers, const std::string& script);

}  // namespace penstock::workspace
