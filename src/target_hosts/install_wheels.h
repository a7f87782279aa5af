#pragma once

#include <string>

#include "delivery/target.h"
#include "target_hosts/environment_host.h"

namespace penstock {

/// Lets a script go on with a virtual environment in `$release/venv` and the wheels in `$release/wheels`, whose digests
/// `$sums` lists. Its arguments and input so far must be used up by then.
///
/// Each wheel is unpacked and compiled once a host and kind of Python, below `unpacked/`, and copied from there: what
/// didn't change since the last release costs no time. pip does it where a wheel is more than files and commands:
/// with `simple` false, where a wheel holds a `.data` folder, or where anything about it is odd, for pip then says
/// what.
void add_wheels(EnvironmentHost::Script& script, const HostInterpreter& interpreter, const std::string& requirements,
                bool simple);

/// Removes what no release was made of any more; under the lock of releases.
extern const char* const kTidyUnpacked;

}  // namespace penstock
