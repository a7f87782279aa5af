#pragma once

#include <memory>
#include <string>

#include "target_hosts/service_manager.h"

namespace penstock {

class EnvironmentHost;

/// systemd: instances are units of the template `penstock-ENV@PORT.service`, other programs
/// `penstock-ENV-NAME.service`. Instances are confined by default: a user of their own that exists while they run, a
/// private /tmp, no new privileges, a file system that they can't write to; their secrets come as systemd's
/// credentials. `user_units`: those of the login's own manager, which needs no root; they run as the login, and only
/// the kernel's share of that confinement holds. The host must outlive it.
std::unique_ptr<ServiceManager> make_systemd(EnvironmentHost& host, const std::string& environment, bool user_units);

}  // namespace penstock
