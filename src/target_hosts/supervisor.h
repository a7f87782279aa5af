#pragma once

#include <memory>

#include "target_hosts/service_manager.h"

namespace penstock {

class EnvironmentHost;

/// A supervisord of the environment's own, in `supervisor/` of its folder, reached over its socket by XML-RPC: no
/// program is started for a call. `setup` writes its configuration and starts it; it needs no root. It doesn't start
/// with the machine by itself: its advice says what to do for that. The host must outlive it.
std::unique_ptr<ServiceManager> make_supervisor(EnvironmentHost& host, const std::string& environment);

}  // namespace penstock
