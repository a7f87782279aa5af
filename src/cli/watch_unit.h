#pragma once

#include <string>

#include "base/result.h"
#include "cli/world.h"

namespace penstock {

/// A systemd user unit that drives what is due in the repository `folder` with the program `ci`. `path`: its $PATH.
std::string watch_unit(const std::string& ci, const std::string& folder, const std::string& path);

/// `ci watch --print-unit`: prints it, for the repository here. The exit status.
Result<int> print_unit(const World& world);

}  // namespace penstock
