#pragma once

#include <memory>

#include "hosts/host_shell.h"

namespace penstock {

/// This machine, under the name `local`. Its scripts get an environment as a login by ssh would give them, not this
/// program's own: what `ci` holds in variables doesn't reach what it starts.
std::shared_ptr<HostShell> make_local_host();

}  // namespace penstock
