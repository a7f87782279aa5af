#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "environments/environment_spec.h"
#include "rollout/instance.h"
#include "target_hosts/service_manager.h"

namespace penstock {

class EnvironmentHost;

/// Puts down all that an instance on this host needs: what is run, its variables, its secrets (files that only their
/// owner may read). False where the very same was there already. An Error where the port belongs to another program or
/// the release isn't installed; nothing was changed then.
struct Placed {
  bool changed = false;
  Program program;
};
Result<Placed> place_instance(EnvironmentHost& host, const ApplicationSpec& application, const Instance& instance,
                              const std::vector<std::pair<std::string, std::string>>& secrets);

/// Forgets it: for when it was stopped.
Result<> remove_instance(EnvironmentHost& host, const InstanceAddress& address);

/// The instances that were placed on the host, in one round trip.
Result<std::vector<Instance>> placed_instances(EnvironmentHost& host);

/// The name of an instance's program.
std::string program_name(const InstanceAddress& address);

}  // namespace penstock
