#pragma once

#include <string>
#include <string_view>

namespace penstock {

/// A sh function for scripts: `environment_folder FOLDER NAME` sets $folder to where the environment lives on the host.
/// FOLDER as the environment names it: absolute, `~/…` for the login's home, or empty for the usual place, which is
/// /var/lib/penstock/NAME, and without root ~/.local/state/penstock/NAME.
extern const char* const kEnvironmentFolder;

/// An environment's name as one component of a path and a part of a unit's name. Different names stay different.
std::string folder_name(std::string_view environment);

}  // namespace penstock
